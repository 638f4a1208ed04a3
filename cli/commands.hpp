// The command's verbs: each asks, prints and gives an exit code.
#pragma once

#include "cli/api.hpp"
#include "cli/exit_code.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace layerline::cli {

struct command_line {
    std::string verb;
    bool json = false;  // print the API's own JSON, one object
    bool quiet = false; // no progress
    call_terms terms;
    std::optional<std::chrono::milliseconds> wait; // for the state that the verb leads to
    bool bed_clear = false;
    bool no_park = false;
    bool print = false;   // upload: start it afterwards
    bool forever = false; // watch: go on after the job's end
    std::string path;     // of a file at the printer, or to list
    std::string local;    // of a file here
    std::string axes;
    std::string action;          // queue: what to do
    std::string name;            // of a macro, a camera, or a file or entry of the queue
    std::string into;            // move: where to
    bool whole = false;          // delete: a folder with what is in it
    std::optional<int> position; // queue: from 0
    std::optional<int> offset;   // card: so many files are left out
    int limit = 20;              // history
    std::optional<double> tool_c, bed_c, chamber_c;
    std::optional<int> tool;
    std::vector<std::string> words; // a macro's parameters, a line of G-code, or a slice's settings
    std::string profile, material = "pla", quality = "0.2"; // print: by which a model is sliced
    bool no_start = false;                                  // print: the printer gets the file, no more
    int choice = 0;                                         // of a prompt
};

// Carries the verb out.
transport::task<exit_code> run_command(api& far, command_line asked);

} // namespace layerline::cli
