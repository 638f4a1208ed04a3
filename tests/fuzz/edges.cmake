# The pure parts of the HTTP edges.
layerline_fuzz(http_request LINK layerline::transport)
layerline_fuzz(http_response LINK layerline::transport)
layerline_fuzz(chunk_decoder LINK layerline::transport)
layerline_fuzz(edge_fields LINK layerline::transport)
