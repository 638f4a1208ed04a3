// Words and lines for the log.
#include "observe/request_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace layerline::observe {

namespace {

constexpr std::size_t longest_word = 200;
constexpr std::string_view token_prefix = "ll_";
constexpr std::size_t token_characters = 20; // far less than a token has: half of one is no business of a log

bool is_token_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void hide_tokens(std::string& text)
{
    for (auto at = text.find(token_prefix); at != std::string::npos; at = text.find(token_prefix, at)) {
        at += token_prefix.size();
        const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = std::find_if_not(begin, text.end(), is_token_character);
        if (static_cast<std::size_t>(end - begin) >= token_characters) text.replace(begin, end, "***");
    }
}

} // namespace

std::string as_word(std::string_view text)
{
    if (text.empty()) return "-";
    // Cut only after hiding, or most of a token could be left; but never work on more than a head can hold.
    std::string word(text.substr(0, 16UL * 1024));
    hide_tokens(word);
    if (word.size() > longest_word) word.resize(longest_word);
    for (auto& c : word)
        if (c <= 0x20 || c >= 0x7f || c == '"') c = '?';
    return word;
}

std::string route_word(std::string_view target)
{
    return as_word(target.substr(0, target.find('?')));
}

std::string to_line(const request_note& note)
{
    std::string line = "request id=" + as_word(note.id);
    line.append(" hop=").append(note.hop).append(" via=").append(note.via);
    line.append(" peer=").append(as_word(note.peer)).append(" principal=").append(as_word(note.principal));
    line.append(" method=").append(as_word(note.method)).append(" route=").append(route_word(note.target));
    line.append(" status=").append(note.status == 0 ? "none" : std::to_string(note.status));
    if (note.envelope != 0 && note.envelope != note.status)
        line.append(" envelope=").append(std::to_string(note.envelope));
    std::array<char, 32> ms{};
    (void)std::snprintf(ms.data(), ms.size(), "%.2f", static_cast<double>(note.took.count()) / 1000.0);
    line.append(" ms=").append(ms.data());
    line.append(" in=").append(std::to_string(note.bytes_in));
    line.append(" out=").append(std::to_string(note.bytes_out));
    return line;
}

} // namespace layerline::observe
