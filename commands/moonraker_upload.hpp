// One file's way to Moonraker: a form that is streamed, with its SHA-256 behind it.
#pragma once

#include "commands/moonraker_far.hpp"

#include <memory>

namespace layerline::commands {

// Kept whole or not at all. `far` must outlive it.
transport::task<printer::printer_result<file_node>>
upload_to_moonraker(moonraker_far& far, virtual_path path, std::shared_ptr<transport::body_source> content);

} // namespace layerline::commands
