// Targets and principal headers as strangers send them.
#include "agent/routing.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::agent;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto route = route_of(text);
    if (route.command.find('?') != std::string::npos) std::abort();
    const auto shown = loggable(text);
    for (const unsigned char c : shown)
        if (c <= 0x20 || c >= 0x7f) std::abort();
    const auto half = text.substr(0, size / 2);
    (void)relayed(half, text.substr(half.size()));
    return 0;
}
