// A camera's stream gives the same parts however its bytes are cut, keeps within its limits, and never gives
// a part that is larger than allowed or whose fields hold lines of their own. The first line is the
// Content-Type.
#include "camera/multipart_parser.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace layerline::camera;

namespace {

constexpr multipart_limits small{256, 128, 512};

void check_part(const frame_part& part)
{
    if (part.bytes.empty() || part.bytes.size() > small.part || part.type.empty()) std::abort();
    if (part.type.find_first_of("\r\n") != std::string::npos) std::abort();
    std::size_t lines = 0;
    for (std::size_t at = 0; at < part.fields.size(); ++lines) {
        const auto end = part.fields.find("\r\n", at);
        const auto colon = part.fields.find(": ", at);
        if (end == std::string::npos || colon == std::string::npos || colon > end || colon == at)
            std::abort();
        at = end + 2;
    }
    if (std::count(part.fields.begin(), part.fields.end(), '\n') != static_cast<std::ptrdiff_t>(lines))
        std::abort();
}

std::string seen(const std::string& boundary, std::string_view wire, std::size_t cut)
{
    multipart_parser parser(boundary, small);
    std::vector<frame_part> parts;
    std::optional<multipart_fault> fault;
    for (std::size_t at = 0; at < wire.size(); at += cut) {
        fault = parser.take(wire.substr(at, cut), parts);
        if (parser.held() > small.part + small.preamble + cut + 1024) std::abort();
    }
    std::string all;
    for (const auto& part : parts) {
        check_part(part);
        all += part.type + "|" + part.fields + "|" + part.bytes + "\n";
    }
    return all + (fault ? std::to_string(static_cast<int>(*fault)) : parser.ended() ? "." : "?");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto line = std::min(all.find('\n'), all.size());
    const auto boundary = mixed_replace_boundary(all.substr(0, line)).value_or("b");
    const auto wire = all.substr(std::min(line + 1, all.size()));
    const auto whole = seen(boundary, wire, std::max<std::size_t>(wire.size(), 1));
    if (seen(boundary, wire, 1) != whole || seen(boundary, wire, 7) != whole) std::abort();
    return 0;
}
