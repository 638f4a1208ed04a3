// The print host's log: a line each on standard error, with time and level. A library for logs, with its
// formatter, would be a tenth of this program's memory.
#pragma once

#include <string_view>

namespace layerline::printer::serial {

// From any thread; a line is one write, so that two never mix. Control characters are shown as '?', since
// texts may come from the firmware.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

} // namespace layerline::printer::serial
