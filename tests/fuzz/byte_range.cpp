// Any header as the range of a download, of a file of any size: what is given out lies in the file.
#include "commands/byte_range.hpp"

#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::commands;
    std::uint64_t bytes = 0;
    if (size < sizeof bytes) return 0;
    std::memcpy(&bytes, data, sizeof bytes);
    const std::string_view header(reinterpret_cast<const char*>(data) + sizeof bytes, size - sizeof bytes);
    const auto asked = parse_range(header, bytes);
    if (const auto* const part = std::get_if<byte_range>(&asked)) {
        if (part->length == 0 || part->first >= bytes || part->length > bytes - part->first) std::abort();
        if (!header.starts_with("bytes=")) std::abort();
    }
    return 0;
}
