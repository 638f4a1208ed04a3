// Which files are in use.
#pragma once

#include "printer/printer_state.hpp"

#include <string_view>

namespace layerline::commands {

// Whether `path` is `folder` itself or something below it; both are virtual paths.
bool is_at_or_below(std::string_view path, std::string_view folder);
// Whether that file, or one in that folder, belongs to a job that has not ended.
bool is_in_use(const printer::printer_state& state, std::string_view path);

} // namespace layerline::commands
