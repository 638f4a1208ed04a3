layerline_fuzz(print_journal LINK layerline::print_journal)
