layerline_fuzz(host_messages LINK layerline::serial_machine)
