// ZIP archives, written entry by entry: nothing is held but one entry and the directory. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// How an entry is packed: not at all, or quickly, for who reads it once and beside us; or to be sent.
enum class packing : int { none = 0, quick = 1, usual = 3 };

class zip_writer {
public:
    // `take` gets the archive's bytes in order; false from it (the disk is full) ends the work.
    explicit zip_writer(std::function<bool(std::string_view)> take) : take_(std::move(take)) {}

    // The same bytes each time. False if `take` said so, or beyond 65,535 entries or 4 GB.
    bool add(std::string_view name, std::string_view bytes, packing how = packing::usual);
    // The directory; once, at the end.
    bool finish();

private:
    bool put(std::string_view bytes);

    std::function<bool(std::string_view)> take_;
    std::string directory_;
    std::uint64_t written_ = 0;
    std::size_t entries_ = 0;
    bool good_ = true;
};

} // namespace layerline::workshop
