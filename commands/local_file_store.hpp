// Files in a folder of this machine, for a print host that reads them from there.
#pragma once

#include "commands/file_store.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace layerline::commands {

struct local_store_options {
    std::filesystem::path folder; // made if it is not there; its parent must be
    std::uint64_t max_file_bytes = std::uint64_t{2} << 30U;
    // Uploads stop before less than this is left on the disk: the journal of a running print needs room.
    std::uint64_t reserve_bytes = std::uint64_t{256} << 20U;
    std::size_t max_nodes = 10000; // of one listing
};

// Opens the folder and removes what broken uploads of an earlier run left behind. Blocking disk calls run on
// two threads of the store's own. Uploads go through the folder's ".part" folder, so an upload is either
// there whole or not at all. The store must end before `home` does; used from `home`'s thread.
printer::printer_result<std::unique_ptr<file_store>> open_local_file_store(transport::net::io_context& home,
                                                                           local_store_options options);

} // namespace layerline::commands
