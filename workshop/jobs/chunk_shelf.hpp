// The chunks of uploads on their way: a folder for each upload, a file for each chunk, which is there whole
// or not at all. Blocking calls, for a disk thread.
#pragma once

#include "workshop/jobs/shelf.hpp"
#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace layerline::workshop {

struct chunk {
    std::uint32_t number = 0;
    std::uint64_t bytes = 0;
};

class chunk_shelf {
public:
    // Makes the folder `uploads` in `state`, and removes what is of no upload in `known` and half chunks.
    static model_result<std::unique_ptr<chunk_shelf>> open(const std::filesystem::path& state,
                                                           std::vector<std::string> known);

    model_result<void> make(const std::string& upload) const;
    void remove(const std::string& upload) const;
    // Room for a chunk; its commit() replaces the one of that number, if there is one.
    model_result<std::shared_ptr<arriving_file>> begin(const std::string& upload, std::uint32_t number) const;
    // In the order of their numbers.
    model_result<std::vector<chunk>> chunks(const std::string& upload) const;

    // What a file is made of, as it is put together.
    struct joined {
        std::string head;   // its first 512 bytes
        std::string sha256; // lower-case hex
    };
    // Appends the chunks to `into`, in this order.
    model_result<joined> join(const std::string& upload, const std::vector<chunk>& all,
                              arriving_file& into) const;

private:
    explicit chunk_shelf(const std::filesystem::path& state) : folder_(state / "uploads") {}
    std::filesystem::path folder_;
};

} // namespace layerline::workshop
