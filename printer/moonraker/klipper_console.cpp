#include "printer/moonraker/klipper_console.hpp"

#include "printer/moonraker/rpc_messages.hpp"
#include "printer/printer_action.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::moonraker {

namespace {

constexpr std::size_t most_buttons = 10, most_texts = 10, longest_label = 100;
constexpr std::size_t longest_response = 16UL * 1024; // of one response; the rest is left out
constexpr std::string_view action_mark = "// action:prompt_";

std::string_view after_space(std::string_view text)
{
    const auto at = text.find_first_not_of(' ');
    return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

std::string_view trimmed(std::string_view text)
{
    text = after_space(text);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

// None where it is no G-code that could be sent as one line.
std::optional<klipper_prompt::button> read_button(std::string_view text)
{
    const auto bar = text.find('|');
    const auto label = trimmed(text.substr(0, bar));
    auto rest = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
    auto gcode = trimmed(rest.substr(0, rest.find('|')));
    if (gcode.empty()) gcode = label;
    if (label.empty() || gcode.size() > max_gcode_bytes) return std::nullopt;
    auto plain = plain_words(gcode, max_gcode_bytes);
    if (plain.empty()) return std::nullopt;
    return klipper_prompt::button{plain_words(label, longest_label), std::move(plain)};
}

} // namespace

bool klipper_console::heard(std::string_view text, time_point now)
{
    text = text.substr(0, longest_response);
    bool changed = false;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        auto plain = plain_words(line, longest_line);
        if (plain.empty()) continue;
        if (plain.starts_with(action_mark))
            changed = prompt_said(std::string_view(plain).substr(action_mark.size())) || changed;
        lines_.push_back({++newest_, now, std::move(plain)});
        if (lines_.size() > most_lines) lines_.pop_front();
    }
    return changed;
}

bool klipper_console::prompt_said(std::string_view what)
{
    const auto word = what.substr(0, what.find(' '));
    const auto rest = trimmed(what.substr(word.size()));
    if (word == "begin") {
        const bool was_shown = prompt_ && prompt_->shown;
        prompt_.emplace();
        prompt_->text = std::string(rest);
        return was_shown;
    }
    if (word == "end") return std::exchange(prompt_, std::nullopt).has_value();
    if (!prompt_) return false;
    if (word == "text") {
        if (std::count(prompt_->text.begin(), prompt_->text.end(), '\n') <
            static_cast<std::ptrdiff_t>(most_texts))
            prompt_->text += (prompt_->text.empty() ? "" : "\n") + std::string(rest);
    } else if (word == "button" || word == "footer_button") {
        auto button = read_button(rest);
        if (!button || prompt_->buttons.size() == most_buttons) return false;
        prompt_->buttons.push_back(std::move(*button));
    } else if (word == "show") {
        prompt_->shown = true;
        return true;
    } else {
        return false;
    }
    return prompt_->shown;
}

console_page klipper_console::page(std::uint64_t after, std::size_t most) const
{
    console_page page;
    page.newest = newest_;
    const auto first =
        std::find_if(lines_.begin(), lines_.end(), [after](const auto& line) { return line.number > after; });
    const auto there = static_cast<std::size_t>(lines_.end() - first);
    page.lines.assign(lines_.end() - static_cast<std::ptrdiff_t>(std::min(there, most)), lines_.end());
    page.missed = !page.lines.empty() && page.lines.front().number > after + 1;
    return page;
}

} // namespace layerline::printer::moonraker
