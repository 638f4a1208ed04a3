// The link to a Klipper printer, through Moonraker.
#pragma once

#include "printer/moonraker/moonraker_desk.hpp"
#include "printer/moonraker/rpc_wire.hpp"
#include "printer/printer_link.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>

namespace layerline::printer::moonraker {

struct link_settings {
    wire_options wire;
    desk_settings desk;
    // Where the last job, the bed and the idempotency keys are kept; it must exist.
    std::filesystem::path state_folder;
};

// Reconnects by itself for as long as run() runs. While Moonraker or Klipper is away the state is
// phase::offline with its kind and reason, the last values kept with their age. perform() ends within the
// terms' time left (desk.answer_within without one) and sends at most once; idempotency keys are on the disk
// before anything is sent. A failure when the state folder cannot be used.
printer_result<std::unique_ptr<printer_link>> make_moonraker_link(transport::net::io_context& context,
                                                                  link_settings settings);

} // namespace layerline::printer::moonraker
