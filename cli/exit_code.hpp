// What the command line tells a script: one exit code a kind of outcome. Numbers never change.
#pragma once

#include <span>
#include <string_view>

namespace layerline::cli {

enum class exit_code : int {
    done = 0,
    failed = 1,       // the printer or its agent was asked and could not: 750, 752, 753, HTTP 5xx
    usage = 2,        // bad arguments or configuration; or the agent found them bad: 400, 405, 751, 754
    unreachable = 3,  // no connection: name, network, TLS
    credentials = 4,  // no token, a wrong or dead one, or one without the scope: 401, 403, 603, 604, 606
    printer_away = 5, // printer, print host or agent not there: 785, 787, 789, 601, 602
    wrong_state = 6,  // printer or job not in the state that this needs: 786, 409
    not_found = 7,    // no such file: 404
    unsupported = 8,  // this printer cannot do it: 788
    job_failed = 9,   // watch, --wait: the job ended in an error or was cancelled
    not_in_time = 10, // --wait: the state did not come in time
    too_much = 11,    // 413, 429, 503, 607, 608: too large, too often, too many; try later or smaller
};

struct exit_row {
    exit_code code;
    std::string_view text;
};
// Every code, in order: for --help and the documentation.
std::span<const exit_row> exit_table();

} // namespace layerline::cli
