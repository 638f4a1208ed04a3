// Scripts of agent.toml: lines of G-code that are sent when a print pauses, goes on, is cancelled or ends,
// with a fixed set of variables in them and nothing that could be carried out here. Pure.
#pragma once

#include "printer/printer_state.hpp"
#include "settings/settings_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace layerline::agent {

inline constexpr std::size_t max_script_lines = 16;

struct script_settings {
    std::vector<std::string> on_pause, on_resume, on_cancel, on_finish;
    bool empty() const
    {
        return on_pause.empty() && on_resume.empty() && on_cancel.empty() && on_finish.empty();
    }
    // The lines for an event's name (printer_events.hpp); none for most.
    const std::vector<std::string>& lines_for(std::string_view event) const;
};

// Takes [scripts] into `into`, which must outlive the reader's read(). Each line is checked: one command of
// at most 256 bytes with its variables filled in, none of those that start, stop or restart things.
void read_scripts(settings::settings_reader& reader, script_settings& into);

// What is wrong with a line of a script; empty: nothing.
std::string script_line_fault(std::string_view line);

// The line with its variables: {file}, {job_id}, {layer}, {layers}, {z_mm}, {percent}, {elapsed_min},
// {left_min}. Numbers are whole or have at most two digits, unknown ones are "-"; of texts only letters,
// digits, ".",
// "-" and "_" are left, so that no file's name can become a command.
std::string filled_line(std::string_view line, const printer::printer_state& state);

} // namespace layerline::agent
