// The engine as a program of its own: `prusa-slicer` with a project and settings in a folder that is all it
// may write to, without a network, within limits of memory, CPU time and file size.
#pragma once

#include "workshop/jobs/sandbox.hpp"
#include "workshop/slicing/slice_error.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// In the work folder.
inline constexpr const char *project_file = "project.3mf", *settings_file = "settings.ini",
                            *engine_gcode_file = "engine.gcode";

struct engine_call {
    std::string program;          // with its whole path
    std::filesystem::path folder; // project and settings are there, the G-code will be
    job_limits limits;
    std::chrono::seconds time{3600};      // then it is killed
    std::function<void(double)> progress; // 0 to 1, never back
};

// Blocks until it has ended; call it with one thread only. It belongs to the caller's process group and ends
// with the caller. 500 with what it said: not installed (with the package to install), refused, crashed, out
// of memory or time.
slice_result<void> run_engine(const engine_call& call);

// What it calls itself: "PrusaSlicer-2.5.0+…"; "" if it does not run. Asked in at most 20 s.
std::string ask_engine_version(const std::string& program);

// The share that a line of its output tells ("70 => Infilling layers"), from 0 to 1; nothing for another.
// Pure.
std::optional<double> engine_progress(std::string_view line);
// "PrusaSlicer-2.5.0+…" out of what it says of itself, which may begin with lines of its log; "" if that is
// not in it. Pure.
std::string engine_version_in(std::string_view output);
// Whether it ended since it was given no more memory, by its own words or the loader's. Pure.
bool lacks_memory(std::string_view output);
// What of its output a person should read: without progress, at most 600 characters. Pure.
std::string engine_words(std::string_view output);

} // namespace layerline::workshop
