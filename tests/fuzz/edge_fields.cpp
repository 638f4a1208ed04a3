// Fields from "name:value" lines: what the edge takes in, what a hop takes out; and addresses in words.
#include "transport/edge_fields.hpp"
#include "transport/dial_address.hpp"

#include <cstdlib>

using namespace layerline::transport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    if (const auto address = parse_address(rest))
        if (address->unix_path.empty() && (address->host.empty() || address->port == 0)) std::abort();
    fields headers;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto colon = line.find(':');
        if (colon != std::string_view::npos)
            headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    }
    strip_hop_by_hop(headers);
    for (const auto* name : {"connection", "transfer-encoding", "upgrade"})
        if (headers.find(name)) std::abort();
    take_in(headers);
    if (headers.find("x-layerline-principal") || headers.find("x-layerline-scopes")) std::abort();
    if (!valid_request_id(headers.find("x-request-id").value_or(""))) std::abort();
    if (headers.erase("x-request-id") != 1) std::abort();
    return 0;
}
