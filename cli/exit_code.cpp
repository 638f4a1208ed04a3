#include "cli/exit_code.hpp"

#include <array>

namespace layerline::cli {

namespace {
constexpr std::array rows{
    exit_row{exit_code::done, "done"},
    exit_row{exit_code::failed, "asked, but the printer or its agent could not"},
    exit_row{exit_code::usage, "bad arguments or configuration"},
    exit_row{exit_code::unreachable, "no connection to the agent or relay"},
    exit_row{exit_code::credentials, "token missing, wrong, revoked, expired or without the scope"},
    exit_row{exit_code::printer_away, "printer, print host or agent is not there"},
    exit_row{exit_code::wrong_state, "printer or job is not in the state that this needs"},
    exit_row{exit_code::not_found, "no such file"},
    exit_row{exit_code::unsupported, "this printer cannot do that"},
    exit_row{exit_code::job_failed, "the job ended in an error or was cancelled"},
    exit_row{exit_code::not_in_time, "the awaited state did not come in time"},
    exit_row{exit_code::too_much, "too large, too often or too many at once"},
};
} // namespace

std::span<const exit_row> exit_table()
{
    return rows;
}

} // namespace layerline::cli
