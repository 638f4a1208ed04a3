// A request's head: whole or in two pieces it is understood the same, and what is taken can be written again
// and is then understood the same.
#include "transport/http_head.hpp"

#include <cstdlib>

using namespace layerline::transport;

namespace {

void must(bool holds)
{
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const head_limits limits{1024, 256};
    std::size_t seen = 0;
    const auto whole = parse_request(text, seen, limits);
    seen = 0;
    auto pieces = parse_request(text.substr(0, size / 2), seen, limits);
    if (std::holds_alternative<more_needed>(pieces)) pieces = parse_request(text, seen, limits);
    const auto* request = std::get_if<parsed_request>(&whole);
    if (std::holds_alternative<parsed_request>(pieces)) must(request != nullptr);
    if (request == nullptr) return 0;
    must(request->consumed <= size && request->consumed <= limits.bytes);
    must(request->head.target.size() <= limits.target + 1);

    // "host" may have come from the target, and a field that has no value may not be written otherwise.
    const auto again = write_request(request->head.method, request->head.target, request->head.headers);
    must(again.has_value());
    seen = 0;
    const auto second = parse_request(*again, seen, head_limits{});
    if (request->http_1_0) return 0; // written as HTTP/1.1, where a host is needed
    const auto* same = std::get_if<parsed_request>(&second);
    must(same != nullptr && same->head.target == request->head.target &&
         same->head.headers.size() == request->head.headers.size() && same->body.kind == request->body.kind &&
         same->body.length == request->body.length);
    return 0;
}
