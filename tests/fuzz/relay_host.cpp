// Host fields and a browser's words as strangers send them: "host\nmethod\n" and fields as "name:value"
// lines.
#include "relay/host_mode.hpp"

#include <cstdlib>

using namespace layerline::relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const host_mode_settings on{"print.example", "https"};
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto next_line = [&rest] {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        return line;
    };
    const auto found = host_of_printer(next_line(), on);
    const auto method = next_line();
    layerline::transport::fields headers;
    bool own_origin = true;
    while (!rest.empty()) {
        const auto line = next_line();
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    }
    if (!found) return 0;
    if (!found->label.empty() && !is_label(found->label)) std::abort();
    if (!found->place.host.starts_with(found->label)) std::abort();
    if (found->place.host.find("print.example") == std::string::npos) std::abort();
    for (const auto& f : headers)
        if (f.name == "origin" && f.value.find("print.example") == std::string::npos &&
            f.value.find("PRINT") == std::string::npos && f.value.size() < found->place.origin().size())
            own_origin = false;
    for (const bool websocket : {false, true})
        if (!from_elsewhere(method, headers, websocket, found->place, false) && !own_origin) std::abort();
    return 0;
}
