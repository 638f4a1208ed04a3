// Each decoder of the handshake, and the machines behind them. The first byte chooses.
#include "access/handshake_machine.hpp"

#include <cstdlib>

using namespace layerline::access;

namespace {

// What was understood must be understood the same after being written again.
template <class T, class Decode>
void same_again(const T& message, Decode decode)
{
    if (!decode(encode(message))) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    static const auto key = *make_identity();
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    agent_handshake_options agent;
    agent.self = key;
    agent.software_version = "0";
    agent.host = "localhost";
    agent.binding = binding_mode::off;
    relay_handshake_options relay;
    relay.self = key;
    switch (data[0] % 5) {
    case 0:
        if (const auto read = decode_first(text))
            std::visit([](const auto& message) { same_again(message, decode_first); }, *read);
        (void)agent_machine(agent, {}, {}).on_challenge(text);
        break;
    case 1:
        if (const auto read = decode_hello(text)) same_again(*read, decode_hello);
        if (relay_machine(relay, {}, {}).on_hello(text)) std::abort(); // nobody signed
        break;
    case 2:
        if (const auto read = decode_answer(text))
            std::visit([](const auto& message) { same_again(message, decode_answer); }, *read);
        (void)agent_machine(agent, {}, {}).on_welcome(text);
        break;
    case 3:
        if (const auto read = decode_waiting(text))
            std::visit([](const auto& message) { same_again(message, decode_waiting); }, *read);
        break;
    default:
        if (const auto read = decode_claim(text))
            std::visit([](const auto& message) { same_again(message, decode_claim); }, *read);
        break;
    }
    return 0;
}
