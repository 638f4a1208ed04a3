// The chunked coding gives the same data however the bytes are cut.
#include "transport/chunk_decoder.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

using layerline::transport::chunk_decoder;

namespace {

std::string decoded(std::string_view wire, std::size_t window)
{
    chunk_decoder decoder;
    std::string out;
    for (std::size_t at = 0; !decoder.done() && !decoder.malformed();) {
        const auto shown = wire.substr(at, window);
        const auto step = decoder.look(shown);
        if (step.framing + step.data > shown.size()) std::abort();
        out += shown.substr(step.framing, step.data);
        decoder.used(step.data);
        at += step.framing + step.data;
        if (step.framing + step.data == 0) break;
    }
    return out + (decoder.done() ? "." : decoder.malformed() ? "!" : "?");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view wire(reinterpret_cast<const char*>(data), size);
    const auto whole = decoded(wire, std::max<std::size_t>(size, 1));
    if (decoded(wire, 1) != whole || decoded(wire, 7) != whole) std::abort();
    return 0;
}
