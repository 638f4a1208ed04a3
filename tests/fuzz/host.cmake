layerline_fuzz(print_journal LINK layerline::print_journal)
layerline_fuzz(card_reply LINK layerline::serial_machine)
