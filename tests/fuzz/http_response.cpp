// An answer's head, to a GET and to a HEAD.
#include "transport/http_head.hpp"

#include <cstdlib>

using namespace layerline::transport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const std::string_view method : {"GET", "HEAD"}) {
        std::size_t seen = 0;
        const auto parsed = parse_response(text, seen, 1024, method);
        const auto* answer = std::get_if<parsed_response>(&parsed);
        if (answer == nullptr) continue;
        if (answer->consumed > size || answer->head.status < 100 || answer->head.status > 999) std::abort();
        if (method == "HEAD" && answer->body.kind != body_framing::by::nothing) std::abort();
        if (!write_response(answer->head.status, answer->head.headers)) std::abort();
    }
    return 0;
}
