# What must be known after a restart; Moonraker's link keeps the same.
layerline_room(kept_state
    SOURCES confined_file.cpp durable_state.cpp
    LINK layerline::printer)
# What a print leaves for the next host, and reads back; bytes only.
layerline_room(print_journal
    SOURCES print_journal.cpp
    LINK layerline::gcode)
# The print host: what it decides (no descriptor, no clock), what it does, and its program.
layerline_room(print_host
    SOURCES
        baud_search.cpp
        ctl.cpp
        descriptor_store.cpp
        hand_commands.cpp
        heat_guard.cpp
        host_attention.cpp
        host_calls.cpp
        host_card.cpp
        host_card_files.cpp
        host_clerk.cpp
        host_config.cpp
        host_core.cpp
        host_events.cpp
        host_hand.cpp
        host_job.cpp
        host_log.cpp
        host_server.cpp
        host_stop.cpp
        host_takeover.cpp
        host_waits.cpp
        job_reader.cpp
        journal_file.cpp
        line_policy.cpp
        motion_plan.cpp
        progress_store.cpp
        service_notify.cpp
        supervisor.cpp
        takeover_plan.cpp
        usb_identity.cpp
        wire_port.cpp
        wire_thread.cpp
    LINK
        layerline::gcode
        layerline::kept_state
        layerline::print_journal
        layerline::printer
        layerline::serial_machine
        CLI11::CLI11)

layerline_program(layerline-printhost SOURCES printhost_main.cpp LINK layerline::print_host)
if(LAYERLINE_HARDEN AND NOT LAYERLINE_SANITIZE)
    # Without shared libraries: no upgrade of one reaches a successor that has 2 s to take a print over, and of the
    # libraries only what is used becomes memory (two thirds of the program's otherwise).
    set_target_properties(layerline-printhost PROPERTIES LAYERLINE_STATIC ON)
endif()
