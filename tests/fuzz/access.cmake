foreach(target access_handshake access_text)
    layerline_fuzz(${target} LINK layerline::access_core)
endforeach()
