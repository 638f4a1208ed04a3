// Why a printer did not do what was asked. One table; commands/ maps its rows to Plugin API statuses.
#pragma once

#include <boost/system/result.hpp>

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace layerline::printer {

enum class printer_errc {
    port_gone = 1,    // 785: the port is not there, or went away
    silent,           // 785: the port is open, the firmware does not answer
    host_gone,        // 785: the print host (or Moonraker) does not answer
    halted,           // 785: the firmware stopped itself; it needs a reset by hand
    port_held,        // 787: another process has the port open
    too_many_clients, // 787: the print host takes no more clients
    port_forbidden,   // 789: the port's mode or group keeps us out
    wrong_state,      // 786: printer or job not in the state the command needs
    bed_not_clear,    // 786: a start without the bed being confirmed clear
    late,             // 786: the command's time had run out before it could begin
    repeated,         // 200: this idempotency key was already carried out; nothing done again
    unsupported,      // 788: this printer or firmware cannot do it
    refused,          // 752: the printer was asked and refused
    no_answer,        // 752: the printer was asked and did not answer in time
    out_of_range,     // 400: a value over a limit
    no_such_file,     // 404
    forbidden,        // 403: the owner's policy at the printer
    file_in_use,      // 409: the file is being printed
    host_failure,     // 750: our own fault: disk, memory, a bug
};

struct printer_error_row {
    printer_errc code;
    std::string_view name; // stable, on the wire
    std::string_view text;
    bool permanent;
    std::string_view advice;
};

std::span<const printer_error_row> printer_error_table();
const printer_error_row& row_of(printer_errc code);
// The row of that stable name, or null.
const printer_error_row* find_printer_error(std::string_view name);

// A failure as a value: the row and one sentence of what happened here.
struct printer_failure {
    printer_errc code = printer_errc::host_failure;
    std::string
        detail; // a sentence a person can act on; never empty on the wire (falls back to the row's text)
};

template <class T>
using printer_result = boost::system::result<T, printer_failure>;

// boost::system::result asks for this; value() on a failure is a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const printer_failure& failure,
                                                    const boost::source_location&)
{
    throw std::logic_error("printer_result::value() on a failure: " + failure.detail);
}

} // namespace layerline::printer
