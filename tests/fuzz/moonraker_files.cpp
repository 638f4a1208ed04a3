// Whatever Moonraker answers about files: listings, metadata, refusals; what comes of them can be used as it
// is.
#include "commands/moonraker_files.hpp"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::commands;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto folder = parse_moonraker_folder(text, 100)) {
        if (folder->entries.size() > 100) std::abort();
        for (const auto& entry : folder->entries)
            if (fault_of_segment(entry.name)) std::abort();
    }
    if (const auto print = parse_moonraker_metadata(text))
        for (const auto& picture : print->thumbnails) {
            const auto target = moonraker_thumbnail_target({{"a", "b.gcode"}}, picture.relative);
            if (target.find("..") != std::string::npos || !target.starts_with("/server/files/gcodes/a/"))
                std::abort();
            for (const char c : target)
                if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
                    std::abort();
        }
    (void)parse_moonraker_stored(text);
    (void)parse_content_range(text);
    const auto why = failure_of_moonraker(size == 0 ? 400 : 400 + data[0] % 120, text);
    for (const char c : why.detail)
        if (static_cast<unsigned char>(c) < 0x20) std::abort();
    return 0;
}
