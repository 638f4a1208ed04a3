// Lines about the printer's card.
#include "printer/serial/card_reply.hpp"

#include "printer/printer_action.hpp"
#include "printer/serial/field_scanner.hpp"

#include <algorithm>

namespace layerline::printer::serial::card_reply {

namespace {

constexpr std::size_t longest_name = 255;

bool take(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> whole_count(std::string_view text)
{
    text = trimmed(text);
    const auto count = take_count(text);
    return count && text.empty() ? std::optional<std::uint64_t>(*count) : std::nullopt;
}

std::optional<any> parse_position(std::string_view text)
{
    const auto done = take_count(text);
    if (!done || !take(text, "/")) return std::nullopt;
    const auto size = take_count(text);
    if (!size) return std::nullopt;
    return position{*done, *size};
}

// "NAME.GCO Size: 62", the size in one family behind a tab or not at all.
any parse_opened(std::string_view text)
{
    opened file;
    if (const auto at = text.find("Size:"); at != std::string_view::npos) {
        file.size = whole_count(text.substr(at + 5));
        text = text.substr(0, at);
    }
    text = trimmed(text);
    file.name = std::string(text.substr(0, longest_name));
    return file;
}

} // namespace

std::optional<any> parse(std::string_view line)
{
    line = trimmed(line);
    auto text = line;
    take(text, "echo:");
    text = trimmed(text);
    if (take(text, "SD printing byte ")) return parse_position(text);
    if (text.starts_with("Not SD printing")) return not_printing{};
    if (text.starts_with("SD print paused")) return paused{};
    if (take(text, "File opened:")) return parse_opened(text);
    if (take(text, "Now fresh file:")) return opened{std::string(trimmed(text).substr(0, longest_name)), {}};
    if (take(text, "Current file:")) { // "PART~1.GCO A long name.gcode", "(no file)"
        text = trimmed(text);
        const auto name = text.substr(0, std::min(text.find(' '), longest_name));
        if (name.empty() || name.front() == '(') return std::nullopt;
        return current{std::string(name)};
    }
    if (text.starts_with("File selected")) return selected{};
    if (text.starts_with("open failed") || text.starts_with("No media") || text.starts_with("SD init fail") ||
        text.starts_with("No SD card"))
        return not_opened{};
    if (text.starts_with("Done printing file")) return ended{};
    if (text.starts_with("Begin file list")) return list_begins{};
    if (text.starts_with("End file list")) return list_ends{};
    if (take(text, "enqueueing \"")) {
        if (text.starts_with("M24")) return started_there{};
        if (take(text, "M23 ")) {
            const auto end = text.find('"');
            return opened{std::string(trimmed(text.substr(0, end)).substr(0, longest_name)), {}};
        }
    }
    return std::nullopt;
}

std::optional<entry> parse_entry(std::string_view line)
{
    auto text = trimmed(line);
    take(text, "/");
    if (text.empty() || text.front() == ' ') return std::nullopt;
    entry file;
    const auto blank = text.find(' ');
    file.path = std::string(text.substr(0, blank));
    if (!good_card_name(file.path)) return std::nullopt;
    file.name = file.path;
    if (blank == std::string_view::npos) return file;
    text = trimmed(text.substr(blank));
    if (const auto bytes = take_count(text)) {
        file.bytes = *bytes;
    } else {
        return std::nullopt; // "DIR_ENTER: ..." and other words
    }
    text = trimmed(text);
    if (text.starts_with("0x"))
        text = trimmed(text.substr(std::min(text.find(' '), text.size()))); // the time
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (!text.empty()) file.name = std::string(text.substr(0, longest_name));
    return file;
}

} // namespace layerline::printer::serial::card_reply
