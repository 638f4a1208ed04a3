#include "cli/answer.hpp"

namespace layerline::cli {

namespace {

using nlohmann::json;

exit_code code_for(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
    case 603:
    case 604:
    case 606:
        return exit_code::credentials;
    case 404:
        return exit_code::not_found;
    case 409:
    case 786:
        return exit_code::wrong_state;
    case 413:
    case 429:
    case 503:
    case 607:
    case 608:
        return exit_code::too_much;
    case 601:
    case 602:
    case 785:
    case 787:
    case 789:
        return exit_code::printer_away;
    case 788:
        return exit_code::unsupported;
    case 400:
    case 405:
    case 751:
    case 754:
        return exit_code::usage;
    default:
        return status >= 200 && status < 300 ? exit_code::done : exit_code::failed;
    }
}

std::string text_of(const json& body, const char* name)
{
    if (body.is_object() && body.contains(name) && body[name].is_string())
        return body[name].get<std::string>();
    return {};
}

} // namespace

verdict judge(unsigned http_status, std::string_view text)
{
    verdict said;
    said.body = json::parse(text, nullptr, false);
    if (said.body.is_discarded()) said.body = nullptr;
    auto status = http_status;
    if (said.body.is_object() && said.body.contains("Status") && said.body["Status"].is_number_unsigned())
        status = said.body["Status"].get<unsigned>();
    if (said.body.is_object() && said.body.contains("Result")) said.result = said.body["Result"];
    said.code = code_for(status);
    if (said.code == exit_code::done && !said.body.is_object()) {
        said.code = exit_code::failed;
        said.text =
            "The answer is not of an agent or relay of Layerline (HTTP " + std::to_string(http_status) + ").";
        return said;
    }
    if (said.code == exit_code::done) return said;
    said.text = text_of(said.body, "Error");
    if (said.text.empty()) said.text = "HTTP status " + std::to_string(http_status) + ".";
    if (said.body.is_object() && said.body.contains("Cause"))
        if (const auto advice = text_of(said.body["Cause"], "Advice"); !advice.empty())
            said.text += " " + advice;
    said.text += " (" + std::to_string(status) + ")";
    return said;
}

verdict judge_workshop(unsigned http_status, std::string_view text)
{
    verdict said;
    said.body = json::parse(text, nullptr, false);
    if (!said.body.is_object()) return judge(http_status, text);
    if (said.body.contains("Status")) return judge(http_status, text);
    said.code = code_for(http_status);
    if (said.code == exit_code::done) return said;
    const auto& errors = at(said.body, "errors");
    const auto& first = errors.is_array() && !errors.empty() ? errors[0] : at(said.body, "data");
    said.text = text_of(first, errors.is_array() ? "message" : "msg");
    if (said.text.empty()) said.text = "HTTP status " + std::to_string(http_status) + ".";
    if (const auto advice = text_of(first, "advice"); !advice.empty()) said.text += " " + advice;
    const auto& code = errors.is_array() ? at(first, "code") : at(said.body, "status");
    said.text += " (" + (code.is_number() ? code.dump() : std::to_string(http_status)) + ")";
    return said;
}

std::string for_terminal(std::string_view text)
{
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // C0, DEL, and the C1 controls as UTF-8 writes them (0xc2 0x80-0x9f).
        const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (byte < 0x20 || byte == 0x7f || c1) {
            safe += '?';
            if (c1) ++i;
        } else {
            safe += text[i];
        }
    }
    return safe;
}

const nlohmann::json& at(const nlohmann::json& from, const char* name)
{
    static const nlohmann::json nothing;
    return from.is_object() && from.contains(name) ? from[name] : nothing;
}

std::string text(const nlohmann::json& value)
{
    return value.is_string() ? for_terminal(value.get_ref<const std::string&>()) : std::string();
}

} // namespace layerline::cli
