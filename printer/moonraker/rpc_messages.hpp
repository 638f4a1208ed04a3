// Moonraker's JSON-RPC 2.0 as values: calls out; answers, refusals and notices in. Pure.
#pragma once

#include "printer/printer_error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::printer::moonraker {

// Longest message taken from Moonraker: a long list of objects or a configuration with many macros fits.
inline constexpr std::size_t max_rpc_message = 4UL * 1024 * 1024;

struct rpc_answer {
    std::uint64_t id = 0;
    nlohmann::json result;
};
struct rpc_refusal {
    std::uint64_t id = 0;
    std::int64_t code = 0;
    std::string text; // printable, at most 1,000 bytes
};
struct rpc_notice {
    std::string method;
    nlohmann::json params; // a list, empty if there was none; an object when a macro calls us
};
// Anything else: not JSON, no object, an answer to no number of ours.
struct rpc_noise {};
using rpc_message = std::variant<rpc_answer, rpc_refusal, rpc_notice, rpc_noise>;

// One call; `params` is left out where it is null. Text that is no UTF-8 is mended, never thrown over.
std::string encode_call(std::uint64_t id, std::string_view method, const nlohmann::json& params);
// Never throws.
rpc_message decode_message(std::string_view text);

// What kind of failure a refusal is, its words kept. Codes: -32601 is a method that Moonraker does not have;
// -32602 carries "Unauthorized" and "Invalid API Key" besides wrong arguments; others are HTTP's. Wrong
// states are told by the words alone.
printer_failure failure_of(const rpc_refusal& refusal);
// Whether it says that we may not be here at all.
bool is_unauthorized(const rpc_refusal& refusal);

// Others' words made fit for one sentence: at most `limit` bytes, cut where a character ends, lines joined
// by spaces, control characters left out, what is no UTF-8 shown as U+FFFD.
std::string plain_words(std::string_view text, std::size_t limit);

} // namespace layerline::printer::moonraker
