// `layerline-workshop model NAME FILE -o FILE …`: the Model API's operations on files, without a service.
// Made from the table of operations: the parameter accuracyMm is the option --accuracy-mm.
#pragma once

#include <CLI/CLI.hpp>

#include <deque>
#include <string>

namespace layerline::workshop {

struct operation_row;

struct operation_command {
    struct given {
        std::string name, text;         // of a parameter
        std::vector<std::string> texts; // of a list
        bool on = false;                // of a flag
        CLI::Option* option = nullptr;
    };
    struct entry {
        const operation_row* row = nullptr;
        CLI::App* command = nullptr;
        std::deque<given> parameters;
    };
    std::string file, out, units = "mm", format = "stl";
    bool json = false;
    std::deque<entry> all; // CLI11 keeps addresses in it
};

// Those that no command of their own stands for.
void add_operation_commands(CLI::App& models, operation_command& into);
// Null, or what the command line asked for.
const operation_command::entry* asked_for(const operation_command& commands);
// The exit code.
int run_operation(const operation_command& commands, const operation_command::entry& which,
                  std::size_t most_bytes);
// Hundredths on stderr where that is a terminal.
void show_progress(double done);

} // namespace layerline::workshop
