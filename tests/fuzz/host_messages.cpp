// Lines on the print host's socket, in both directions: decoding never throws, and what was accepted is told
// again.
#include "printer/serial/host_messages.hpp"

#include <cstdlib>

using namespace layerline::printer::serial;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    if (const auto request = decode_request(line); request.has_value()) {
        const std::string again = encode_request(*request);
        if (!decode_request(again.substr(0, again.size() - 1)).has_value()) std::abort();
    }
    if (const auto message = decode_from_host(line); message.has_value()) {
        const auto* reply = std::get_if<host_reply>(&*message);
        const std::string again = reply ? encode_reply(*reply) : encode_event(std::get<host_event>(*message));
        if (again.size() > max_host_message) std::abort();
        if (!decode_from_host(again.substr(0, again.size() - 1)).has_value()) std::abort();
    }
    return 0;
}
