layerline_fuzz(virtual_firmware LINK layerline::virtual_printer)
