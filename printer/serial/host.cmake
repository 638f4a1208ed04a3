# The print host: what it decides (no descriptor, no clock), what it does, and its program.
layerline_room(print_host NET
    SOURCES
        confined_file.cpp
        ctl.cpp
        durable_state.cpp
        heat_guard.cpp
        host_calls.cpp
        host_clerk.cpp
        host_config.cpp
        host_core.cpp
        host_events.cpp
        host_job.cpp
        host_server.cpp
        job_reader.cpp
        line_policy.cpp
        motion_plan.cpp
        service_notify.cpp
        wire_port.cpp
        wire_thread.cpp
    LINK
        layerline::gcode
        layerline::printer
        layerline::serial_machine
        spdlog::spdlog
        PkgConfig::TOMLPLUSPLUS
        CLI11::CLI11)

layerline_program(layerline-printhost NET SOURCES printhost_main.cpp LINK layerline::print_host)
