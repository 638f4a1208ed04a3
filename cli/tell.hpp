// How a verb ends: its answer on standard output, its fault on standard error, and the exit code.
#pragma once

#include "cli/commands.hpp"

#include <string>

namespace layerline::cli {

// Prints why it failed (with --json the envelope, too).
exit_code tell_fault(const command_line& asked, const verdict& said);
// Prints the answer as JSON or by `words`.
exit_code tell(const command_line& asked, const verdict& said, const std::string& words);

} // namespace layerline::cli
