// A file's bytes as a body, read on disk threads.
#pragma once

#include "commands/descriptor.hpp"
#include "commands/disk_threads.hpp"
#include "transport/exchange.hpp"

#include <cstdint>
#include <memory>

namespace layerline::commands {

// From `from` to `size`, in parts of at most 64 KiB; what the page cache holds is read without a thread. A
// file that turns out shorter ends the body with errc::closed.
std::shared_ptr<transport::body_source> make_disk_body(std::shared_ptr<disk_threads> threads,
                                                       std::shared_ptr<const descriptor> file,
                                                       std::uint64_t from, std::uint64_t size);

} // namespace layerline::commands
