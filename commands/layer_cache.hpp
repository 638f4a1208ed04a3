// The indexes of the files whose layers were looked at last. An index is made in one pass over the file and
// kept while the file stays the same; a layer is then a few kilobytes away.
#pragma once

#include "commands/file_store.hpp"
#include "commands/reply.hpp"
#include "gcode/layer_index.hpp"

#include <deque>
#include <memory>
#include <string>

namespace layerline::commands {

class layer_cache {
public:
    // The index of that file as it is now. Failures: 404 and other failures of the store; 400 for a file
    // without layers; 503 while two others are being made.
    transport::task<outcome<std::shared_ptr<const gcode::layer_index>>> of(file_store& files,
                                                                           std::string path);

private:
    struct kept {
        std::string path;
        std::uint64_t size_bytes = 0;
        std::int64_t modified_unix = 0;
        std::shared_ptr<const gcode::layer_index> index;
    };
    std::deque<kept> kept_; // the newest first
    int under_way_ = 0;
};

} // namespace layerline::commands
