// Where results go: into the folder of a bucket, and into the cache, from which the same request is answered
// at once. Blocking calls.
#pragma once

#include "workshop/pipeline/slice_task.hpp"
#include "workshop/slicing/slice_error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// The file as `bucket`/`name`, whole or not at all: 502.
slice_result<void> deliver_file(const std::filesystem::path& made, const std::filesystem::path& bucket,
                                const std::string& name);
// The folder's files as `bucket`/`name`/…, all or none: 501 where no such folder can be made, 502 where the
// files cannot be. What a folder of that name holds already is kept: the name stands for its content.
slice_result<void> deliver_folder(const std::filesystem::path& made, const std::filesystem::path& bucket,
                                  const std::string& name);

// What a request's result depends on, and nothing else: 64 lower-case hexadecimal digits of SHA-256. `engine`
// is its version. 601 if a model cannot be read.
slice_result<std::string> content_key(const slice_task& task, std::string_view engine);

// A folder of results by their keys, at most so many bytes of them; the least recently used go first.
class result_cache {
public:
    result_cache(std::filesystem::path folder, std::uint64_t most_bytes);
    // Puts the result at `into`, as a link where that is possible; gives its facts (JSON), or nothing.
    std::optional<std::string> take(const std::string& key, const std::filesystem::path& into) const;
    // A failure is none of the job's: what cannot be kept is made again.
    void keep(const std::string& key, const std::filesystem::path& made, std::string_view facts) const;

private:
    void make_room() const;
    std::filesystem::path folder_;
    std::uint64_t most_bytes_;
};

} // namespace layerline::workshop
