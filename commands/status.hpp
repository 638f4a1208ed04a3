// Every `Status` of the Plugin API, one table; and which of them each printer error becomes, another.
#pragma once

#include "printer/printer_error.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace layerline::commands {

struct status_row {
    int code;              // `Status` on the wire
    std::string_view name; // stable: `Cause.Code` when no printer error says it more exactly
    std::string_view text;
    bool permanent; // whether the same request can never succeed
    std::string_view advice;
};

inline constexpr std::array status_table{
    status_row{200, "ok", "Done.", false, ""},
    status_row{400, "bad_argument", "A field is missing, of the wrong type, unknown or out of range.", true,
               "Mend the field that the error names; `capabilities` lists every command's arguments."},
    status_row{403, "scope_missing", "This token may not do that.", true,
               "Use a token that has the scope which the error names."},
    status_row{404, "not_found", "There is no such file or camera.", true,
               "List the files, or the cameras, to see what there is."},
    status_row{405, "wrong_method", "This command is not called with that method.", true,
               "Use one of the methods that the error lists."},
    status_row{409, "conflict", "What is there does not agree with the call, such as a file that is in use.",
               false, "The error says what is there; wait until the job is over, or go on from that."},
    status_row{413, "too_large", "The request's body is larger than what is taken.", true,
               "`capabilities` tells the limits; the owner can raise that of uploads at the printer."},
    status_row{416, "range_not_satisfiable", "The file is shorter than the range that was asked for.", true,
               "Ask `files/details` for the file's size."},
    status_row{502, "camera_away", "The camera cannot be reached, or gives no pictures.", false,
               "Look at the camera's power, its program and its address in agent.toml."},
    status_row{503, "busy", "As many viewers or uploads as are served at once are already here.", false,
               "End another one, or try again after the time in `retry-after`."},
    status_row{504, "camera_silent", "The camera sent no picture in time.", false,
               "Look whether its program hangs, and whether its line is fast enough."},
    status_row{750, "agent_failure", "The agent itself failed.", false,
               "Check the disk and the log of the printer's host; then try again."},
    status_row{751, "undecodable", "The body is not a JSON object, or the query cannot be decoded.", true,
               "Send one JSON object, or a query with percent-encoding, in UTF-8."},
    status_row{752, "execution_failed", "The printer was asked and refused, or did not answer in time.",
               false, "Look at the printer's state before you send it again."},
    status_row{753, "result_too_large", "The result is larger than one answer may be.", true,
               "Ask for it in pages: `Offset` and `Limit`, or one folder at a time."},
    status_row{754, "unknown_command", "There is no such command.", true,
               "`capabilities` lists the commands of this agent; a newer agent may know more."},
    status_row{785, "printer_away", "The printer cannot be reached.", false,
               "Check the printer's power and its cable, and that its print host runs."},
    status_row{786, "wrong_state", "The printer or its job is not in the state that this needs.", false,
               "Read the printer's state and decide anew."},
    status_row{787, "printer_taken", "Another program holds the printer, or its host takes no more clients.",
               false, "End the other program, or give the printer another port."},
    status_row{788, "unsupported", "This printer or its firmware cannot do that.", true,
               "`capabilities` tells what it can do."},
    status_row{789, "no_permission", "The agent lacks the permission or credentials for the printer.", true,
               "Give the print host's user access to the port, or the agent the host's credentials."},
};

// Which part of the way a failure comes from: `Cause.Hop`.
enum class hop : std::uint8_t { agent, host, printer, camera };
constexpr std::string_view name_of(hop h)
{
    return h == hop::agent ? "agent" : h == hop::host ? "host" : h == hop::camera ? "camera" : "printer";
}

struct printer_status_row {
    printer::printer_errc cause;
    int status;
    hop at;
};

inline constexpr std::array printer_status_table{
    printer_status_row{printer::printer_errc::port_gone, 785, hop::host},
    printer_status_row{printer::printer_errc::silent, 785, hop::printer},
    printer_status_row{printer::printer_errc::host_gone, 785, hop::host},
    printer_status_row{printer::printer_errc::halted, 785, hop::printer},
    printer_status_row{printer::printer_errc::port_held, 787, hop::host},
    printer_status_row{printer::printer_errc::too_many_clients, 787, hop::host},
    printer_status_row{printer::printer_errc::port_forbidden, 789, hop::host},
    printer_status_row{printer::printer_errc::wrong_state, 786, hop::host},
    printer_status_row{printer::printer_errc::bed_not_clear, 786, hop::host},
    printer_status_row{printer::printer_errc::late, 786, hop::host},
    printer_status_row{printer::printer_errc::repeated, 200, hop::host},
    printer_status_row{printer::printer_errc::unsupported, 788, hop::printer},
    printer_status_row{printer::printer_errc::refused, 752, hop::printer},
    printer_status_row{printer::printer_errc::no_answer, 752, hop::printer},
    printer_status_row{printer::printer_errc::out_of_range, 400, hop::host},
    printer_status_row{printer::printer_errc::no_such_file, 404, hop::host},
    printer_status_row{printer::printer_errc::forbidden, 403, hop::agent},
    printer_status_row{printer::printer_errc::file_in_use, 409, hop::host},
    printer_status_row{printer::printer_errc::host_failure, 750, hop::host},
};

// The row of that `Status`; that of 750 for a number that is not in the table.
constexpr const status_row& row_of_status(int code)
{
    const status_row* agent_failure = nullptr;
    for (const auto& row : status_table) {
        if (row.code == code) return row;
        if (row.code == 750) agent_failure = &row;
    }
    return *agent_failure;
}

// The row of that printer error; that of host_failure for one that is not in the table.
constexpr const printer_status_row& status_of(printer::printer_errc cause)
{
    for (const auto& row : printer_status_table)
        if (row.cause == cause) return row;
    return printer_status_table.back();
}

constexpr bool every_printer_status_is_known()
{
    for (const auto& row : printer_status_table)
        if (row_of_status(row.status).code != row.status) return false;
    return printer_status_table.size() == static_cast<std::size_t>(printer::printer_errc::host_failure);
}
static_assert(every_printer_status_is_known());

} // namespace layerline::commands
