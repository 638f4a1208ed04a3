# The print host: what it decides (no descriptor, no clock), what it does, and its program.
layerline_room(print_host NET
    SOURCES
        confined_file.cpp
        durable_state.cpp
        heat_guard.cpp
        host_calls.cpp
        host_core.cpp
        host_events.cpp
        host_job.cpp
        job_reader.cpp
        line_policy.cpp
        motion_plan.cpp
    LINK
        layerline::gcode
        layerline::printer
        layerline::serial_machine
        spdlog::spdlog
        PkgConfig::TOMLPLUSPLUS
        CLI11::CLI11)
