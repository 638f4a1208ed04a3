// Calls, answers and refusals of Moonraker's JSON-RPC.
#include "printer/moonraker/rpc_messages.hpp"

#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

constexpr std::int64_t no_such_method = -32601;
constexpr std::int64_t bad_params = -32602;
constexpr std::size_t longest_refusal = 1000;

std::optional<std::uint64_t> number_of(const json& message)
{
    const auto at = message.find("id");
    if (at == message.end() || !at->is_number_unsigned()) return std::nullopt;
    return at->get<std::uint64_t>();
}

std::string text_of(const json& object, const char* name)
{
    const auto at = object.find(name);
    if (at == object.end() || !at->is_string()) return {};
    return at->get<std::string>();
}

std::string as_sentence(std::string text)
{
    if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?') text += '.';
    return text;
}

} // namespace

std::string encode_call(std::uint64_t id, std::string_view method, const json& params)
{
    json call{{"jsonrpc", "2.0"}, {"method", method}, {"id", id}};
    if (!params.is_null()) call["params"] = params;
    return call.dump(-1, ' ', false, json::error_handler_t::replace);
}

rpc_message decode_message(std::string_view text)
{
    if (text.size() > max_rpc_message) return rpc_noise{};
    json message = json::parse(text, nullptr, false);
    if (!message.is_object()) return rpc_noise{};
    const auto id = number_of(message);
    if (id && message.contains("result")) return rpc_answer{*id, std::move(message["result"])};
    if (const auto error = message.find("error"); id && error != message.end()) {
        if (!error->is_object()) return rpc_noise{};
        rpc_refusal refusal{*id, 0, plain_words(text_of(*error, "message"), longest_refusal)};
        if (const auto code = error->find("code"); code != error->end() && code->is_number_integer())
            refusal.code = code->get<std::int64_t>();
        return refusal;
    }
    auto method = text_of(message, "method");
    if (method.empty() || message.contains("id")) return rpc_noise{};
    json params = json::array();
    if (const auto given = message.find("params");
        given != message.end() && (given->is_array() || given->is_object()))
        params = std::move(*given);
    return rpc_notice{std::move(method), std::move(params)};
}

bool is_unauthorized(const rpc_refusal& refusal)
{
    if (refusal.code == 401) return true;
    return refusal.code == bad_params &&
           (refusal.text.starts_with("Unauthorized") || refusal.text.starts_with("Invalid API Key"));
}

printer_failure failure_of(const rpc_refusal& refusal)
{
    const auto& said = refusal.text;
    if (is_unauthorized(refusal))
        return {printer_errc::port_forbidden,
                "Moonraker does not let this agent in (" + said +
                    "): put its API key into a file and name that in printer.api_key_file, or list this "
                    "machine among Moonraker's trusted clients (which force_logins overrules; a key it "
                    "takes all the same)."};
    if (refusal.code == no_such_method && said.starts_with("Method not found"))
        return {printer_errc::unsupported, "This Moonraker does not know that command."};
    if (refusal.code == 503)
        return {printer_errc::host_gone,
                said.starts_with("Klippy Host not connected") || said.empty()
                    ? "Klipper is not running: Moonraker answers, but has no connection to it."
                    : "Klipper cannot be asked: " + as_sentence(said)};
    if (said.find("Printer is shutdown") != std::string::npos ||
        said.find("Printer is halted") != std::string::npos)
        return {printer_errc::halted, "Klipper has stopped: " + as_sentence(said)};
    if (said.starts_with("Printer is not ready"))
        return {printer_errc::host_gone, "Klipper is not ready: " + as_sentence(said)};
    // Without a code of its own for them, Moonraker says these by their words.
    if (said.starts_with("SD busy"))
        return {printer_errc::wrong_state, "Klipper is printing a file already (SD busy)."};
    if (said.starts_with("Unable to open file"))
        return {printer_errc::no_such_file, "Klipper cannot open that file."};
    if (refusal.code == 404 || refusal.code == no_such_method)
        return {printer_errc::no_such_file, "Moonraker does not have that: " + as_sentence(said)};
    if (refusal.code == 403) return {printer_errc::wrong_state, "Moonraker refused: " + as_sentence(said)};
    if (refusal.code == 504 || refusal.code == 408)
        return {printer_errc::no_answer, "Klipper did not answer Moonraker in time: " + as_sentence(said)};
    return {printer_errc::refused, said.empty() ? "Klipper refused, without a word why." : as_sentence(said)};
}

std::string plain_words(std::string_view text, std::size_t limit)
{
    // dump() knows how to mend what is no UTF-8; the quotes and escapes are read back.
    const bool cut = text.size() > limit;
    text = text.substr(0, limit);
    while (cut && !text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U)
        text.remove_suffix(1);
    if (cut && !text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0U) text.remove_suffix(1);
    const auto mended =
        json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace), nullptr, false);
    std::string out;
    bool gap = false;
    for (const char c : mended.is_string() ? mended.get<std::string>() : std::string()) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f) {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out += c;
    }
    return out;
}

} // namespace layerline::printer::moonraker
