foreach(target host_messages serial_reply protocol_machine)
    layerline_fuzz(${target} LINK layerline::serial_machine)
endforeach()
