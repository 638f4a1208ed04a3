#include "cli/hand_words.hpp"

#include "cli/answer.hpp"
#include "cli/printing.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::cli {

namespace {

using nlohmann::json;

std::string joined(const std::vector<std::string>& lines, const char* none)
{
    if (lines.empty()) return none;
    std::string words;
    for (const auto& line : lines)
        words += (words.empty() ? "" : "\n") + line;
    return words;
}

} // namespace

std::string macros_words(const json& result)
{
    std::vector<std::string> lines;
    if (at(result, "Macros").is_array())
        for (const auto& macro : at(result, "Macros")) {
            auto line = text(at(macro, "Name"));
            if (at(macro, "Parameters").is_array())
                for (const auto& parameter : at(macro, "Parameters"))
                    line += " [" + text(at(parameter, "Name")) + "=" + text(at(parameter, "Default")) + "]";
            if (const auto what = text(at(macro, "Description")); !what.empty()) line += "  " + what;
            lines.push_back(std::move(line));
        }
    return joined(lines, "This printer has no macros.");
}

std::string lines_words(const json& result)
{
    std::vector<std::string> lines;
    if (at(result, "Lines").is_array())
        for (const auto& line : at(result, "Lines"))
            lines.push_back(text(at(line, "Text")));
    return joined(lines, "The printer has said nothing yet.");
}

std::string reply_words(const json& result)
{
    // The printer's lines as lines; within one nothing may drive the terminal.
    const auto& reply = at(result, "Reply");
    std::string words, all = reply.is_string() ? reply.get<std::string>() : std::string();
    for (std::size_t from = 0; from < all.size();) {
        const auto end = std::min(all.find('\n', from), all.size());
        words += (words.empty() ? "" : "\n") + for_terminal(std::string_view(all).substr(from, end - from));
        from = end + 1;
    }
    return with_note(words.empty() ? "ok" : words, result);
}

std::string cameras_words(const json& result)
{
    std::vector<std::string> lines;
    const auto& chosen = at(result, "DefaultIndex");
    const auto& list = at(result, "Webcams");
    if (list.is_array())
        for (std::size_t i = 0; i < list.size(); ++i) {
            auto line = text(at(list[i], "Name"));
            if (chosen.is_number_integer() && chosen == i) line += "  (default)";
            if (at(list[i], "Enabled") == false) line += "  (off)";
            lines.push_back(std::move(line));
        }
    return joined(lines, "This printer has no cameras.");
}

std::string prompt_words(const json& result)
{
    const auto& asked = at(at(result, "Layerline"), "Attention");
    if (!asked.is_object()) return "The printer asks nothing.";
    auto words = text(at(asked, "Text"));
    const auto& buttons = at(asked, "Buttons");
    if (buttons.is_array())
        for (std::size_t i = 0; i < buttons.size(); ++i)
            words += "\n  " + std::to_string(i) + "  " + text(buttons[i]);
    return words;
}

std::string stop_words(const json& result)
{
    return with_note(at(result, "Confirmed") == true ? "The printer confirmed the stop."
                                                     : "The printer did not confirm the stop: go to it.",
                     result);
}

std::string event_line(const sent_event& event, bool whole)
{
    auto data = json::parse(event.data, nullptr, false);
    const auto dumped = [](const json& value) {
        return value.dump(-1, ' ', false, json::error_handler_t::replace);
    };
    if (data.is_discarded()) data = event.data;
    if (!whole) return for_terminal(event.kind) + " " + dumped(data);
    return dumped(json{{"Event", event.kind}, {"Id", event.id}, {"Data", std::move(data)}});
}

} // namespace layerline::cli
