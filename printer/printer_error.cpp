// The one table of what can go wrong at a printer; its order is that of the codes.
#include "printer/printer_error.hpp"

#include <array>

namespace layerline::printer {

namespace {

using enum printer_errc;

constexpr std::array table{
    printer_error_row{port_gone, "port_gone", "The printer's port is not there, or went away.", false,
                      "Check that the printer is switched on and its USB cable is plugged in at both ends."},
    printer_error_row{silent, "silent", "The port is open, but the printer's firmware does not answer.",
                      false,
                      "Check the baud rate in the configuration, then switch the printer off and on again."},
    printer_error_row{
        host_gone, "host_gone", "The program that drives the printer does not answer.", false,
        "Look whether layerline-printhost (or Moonraker) runs: it starts again by itself within "
        "seconds if it is installed as a service."},
    printer_error_row{halted, "halted", "The printer's firmware stopped itself and takes no commands.", true,
                      "Look at the printer first: find out why it stopped, then reset it by hand."},
    printer_error_row{port_held, "port_held", "Another program has the printer's port open.", false,
                      "End the other program (OctoPrint, Klipper, a slicer, a terminal) or give it another "
                      "port."},
    printer_error_row{too_many_clients, "too_many_clients", "The print host takes no more clients.", false,
                      "Close some of the programs that watch this printer and try again."},
    printer_error_row{port_forbidden, "port_forbidden",
                      "The permissions of the printer's port keep Layerline out.", true,
                      "Put the user that runs layerline-printhost into the group that owns the port (often "
                      "dialout)."},
    printer_error_row{wrong_state, "wrong_state", "The printer or its job is not in the state this needs.",
                      false, "Read the printer's state and decide anew."},
    printer_error_row{bed_not_clear, "bed_not_clear",
                      "Nobody has said that the bed is clear since the last job.", false,
                      "Look at the bed, take the part off, then confirm that it is clear."},
    printer_error_row{late, "late", "The command came too late: its time had run out before it could begin.",
                      false,
                      "Nothing was done. Look at the printer's state and send it again if you still "
                      "want it."},
    printer_error_row{repeated, "repeated", "This command was already carried out; nothing was done again.",
                      true, "Use a new idempotency key to ask for it once more."},
    printer_error_row{unsupported, "unsupported", "This printer or its firmware cannot do that.", true,
                      "See the printer's capabilities for what it can do."},
    printer_error_row{refused, "refused", "The printer was asked and refused.", false,
                      "The printer's own words say why; mend that and try again."},
    printer_error_row{no_answer, "no_answer", "The printer was asked and did not answer in time.", false,
                      "It may still be carried out: look at the printer's state before you send it again."},
    printer_error_row{out_of_range, "out_of_range", "A value is malformed or over a limit.", true,
                      "Give a value within the limits; they are told by the capabilities."},
    printer_error_row{no_such_file, "no_such_file", "There is no such file.", true,
                      "List the files to see what there is."},
    printer_error_row{forbidden, "forbidden", "The printer's owner does not allow this.", true,
                      "The owner decides at the printer, in policy.toml."},
    printer_error_row{file_in_use, "file_in_use", "The file is in use; it is kept as it is.", false,
                      "Wait until the print is over, or use another name."},
    printer_error_row{host_failure, "host_failure", "Layerline itself failed at the printer's host.", false,
                      "Check the host's disk and memory, and its log; then try again."},
};

constexpr bool in_order()
{
    for (std::size_t at = 0; at < table.size(); ++at)
        if (static_cast<std::size_t>(table[at].code) != at + 1) return false;
    return table.size() == static_cast<std::size_t>(host_failure);
}
static_assert(in_order(), "row_of() finds a row by its code");

} // namespace

std::span<const printer_error_row> printer_error_table()
{
    return table;
}

const printer_error_row& row_of(printer_errc code)
{
    const auto at = static_cast<std::size_t>(code);
    return at >= 1 && at <= table.size() ? table[at - 1] : table.back();
}

const printer_error_row* find_printer_error(std::string_view name)
{
    for (const auto& row : table)
        if (row.name == name) return &row;
    return nullptr;
}

} // namespace layerline::printer
