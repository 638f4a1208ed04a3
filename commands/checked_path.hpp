// The check of a path that every file store makes before it does anything with it.
#pragma once

#include "commands/virtual_path.hpp"
#include "printer/printer_error.hpp"

#include <string>

namespace layerline::commands {

// The path taken apart, or out_of_range with a sentence; with `needs_name` the root itself is refused too.
printer::printer_result<virtual_path> checked_path(const std::string& path, bool needs_name);

} // namespace layerline::commands
