// The files of a Klipper printer: where Klipper reads them, by Moonraker's HTTP API.
#pragma once

#include "commands/file_store.hpp"
#include "commands/moonraker_far.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace layerline::commands {

// "gcode/a.gcode" is "a.gcode" in Moonraker's root "gcodes". Bodies are streamed, with one buffer of 64 KiB;
// an upload carries its SHA-256, so that it is kept whole or not at all. Failures: host_gone (nothing
// answers), port_forbidden (no key, or a wrong one), no_such_file, file_in_use (it is being printed),
// no_answer, refused with Moonraker's words. Used from `home`'s thread.
std::unique_ptr<file_store> make_moonraker_file_store(transport::net::io_context& home,
                                                      moonraker_store_options options);

} // namespace layerline::commands
