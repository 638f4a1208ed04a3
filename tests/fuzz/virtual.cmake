layerline_fuzz(virtual_firmware LINK layerline::virtual_printer)
layerline_fuzz(meatpack LINK layerline::serial_machine layerline::virtual_printer)
