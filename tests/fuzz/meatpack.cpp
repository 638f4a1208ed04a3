// A firmware that unpacks, after any bytes: packing is on again behind what turns it on, and lines arrive as
// they were written.
#include "printer/serial/meatpack.hpp"
#include "printer/virtual/meatpack.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

using namespace layerline::printer::serial;
using layerline::printer::virtual_printer::meatpack_decoder;

namespace {

std::string unpacked(meatpack_decoder& firmware, std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        const auto out = firmware.push(c);
        if (out.count > out.bytes.size()) std::abort();
        text.append(out.bytes.data(), out.count);
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    meatpack_decoder firmware;
    unpacked(firmware, bytes);
    unpacked(firmware, meatpack::off);
    unpacked(firmware, meatpack::again);
    // The same bytes as text: each line of it, as the wire carries text.
    std::string line, packed;
    for (const char c : bytes)
        if (c >= 0x20 && c < 0x7f) line += c;
    line += '\n';
    meatpack::pack(packed, line);
    if (packed.size() * 2 > line.size() * 3 + 1) std::abort();
    if (packed.find_first_of("\r\n") != std::string::npos) std::abort();
    if (unpacked(firmware, packed) != line) std::abort();
    return 0;
}
