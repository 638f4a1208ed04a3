# What is said on the wire to a printer and on the print host's socket, and the port; no Asio, no thread.
layerline_room(serial_machine
    SOURCES action_messages.cpp blocking_command.cpp card_reply.cpp field_scanner.cpp firmware_profile.cpp host_messages.cpp line_codec.cpp line_discipline.cpp
        line_ledger.cpp meatpack.cpp port_holder.cpp protocol_hello.cpp protocol_machine.cpp protocol_packing.cpp protocol_rejoin.cpp protocol_replies.cpp
        protocol_resend.cpp protocol_timers.cpp reply_parser.cpp serial_port.cpp temperature_report.cpp
    LINK layerline::printer)
# Apart, since libserialport is a shared library, which the print host has none of.
layerline_room(serial_ports
    SOURCES port_list.cpp
    LINK layerline::printer
    PRIVATE_LINK PkgConfig::SERIALPORT)
