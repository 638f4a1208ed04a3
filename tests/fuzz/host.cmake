layerline_fuzz(print_journal LINK layerline::print_journal)
layerline_fuzz(card_reply LINK layerline::serial_machine)
target_sources(fuzz_card_reply PRIVATE ${PROJECT_SOURCE_DIR}/printer/serial/card_reply.cpp)
