// ZIP archives: what is in them, and each entry in pieces of bounded size, so that an archive that explodes
// is refused before it fills anything. Pure. Format facts: the directory stands at the end, behind the
// entries; each entry has a header of its own, whose name and extra field may be of other lengths than the
// directory's.
#pragma once

#include "workshop/models/model_error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

struct zip_limits {
    std::size_t entries = 10'000;
    std::uint64_t bytes = 1024ULL * 1024 * 1024;  // of all entries that are read, unpacked
    std::uint64_t ratio = 200;                    // unpacked to packed,
    std::uint64_t any_ratio = 4ULL * 1024 * 1024; // but for entries of up to this many bytes
};

bool looks_like_zip(std::string_view bytes);

class zip_archive {
public:
    // The bytes have to outlive it. 202 if the directory makes no sense, 201 if it is too long.
    static model_result<zip_archive> open(std::string_view bytes, const zip_limits& limits = {});

    bool has(const std::string& name) const { return entries_.count(name) > 0; }
    // Of the entries whose name ends so, in any case of letters: the first by name.
    std::optional<std::string> ending_with(std::string_view lower) const;
    // Unpacks an entry into `take`, piece by piece; what that refuses with ends it. 202 if there is no such
    // entry or it is damaged, 201 if it is too large. Names are as in the archive, without a slash at the
    // front.
    model_result<void> read(const std::string& name,
                            const std::function<model_result<void>(std::string_view)>& take);

private:
    struct entry {
        std::uint64_t packed = 0, unpacked = 0, at = 0;
        std::uint32_t checksum = 0;
        std::uint16_t method = 0, flags = 0;
    };
    std::string_view bytes_;
    zip_limits limits_;
    std::map<std::string, entry> entries_;
    std::uint64_t read_ = 0;
};

struct zip_part {
    std::string name, bytes;
};
// An archive of these, packed. Each may have up to 4 GB.
std::string zipped(const std::vector<zip_part>& parts);

} // namespace layerline::workshop
