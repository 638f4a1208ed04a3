// The rules for virtual paths. Pure; a fuzz target feeds it.
#include "commands/virtual_path.hpp"

#include <algorithm>
#include <array>

namespace layerline::commands {

namespace {

constexpr std::string_view root = "gcode";

// How many bytes the sequence that begins with `lead` has, and the least code point it may stand for.
struct sequence {
    int length;
    char32_t least;
};
sequence sequence_of(unsigned char lead)
{
    if (lead < 0x80) return {1, 0};
    if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80};
    if (lead >= 0xE0 && lead <= 0xEF) return {3, 0x800};
    if (lead >= 0xF0 && lead <= 0xF4) return {4, 0x10000};
    return {0, 0};
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool is_utf8(std::string_view bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[at]);
        const auto [length, least] = sequence_of(lead);
        if (length == 0 || at + static_cast<std::size_t>(length) > bytes.size()) return false;
        char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
        for (int i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
            if ((next & 0xC0U) != 0x80) return false;
            point = (point << 6U) | (next & 0x3FU);
        }
        if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        at += static_cast<std::size_t>(length);
    }
    return true;
}

std::optional<std::string_view> fault_of_segment(std::string_view name)
{
    if (name.empty()) return "holds an empty name";
    if (name.size() > max_segment_bytes) return "holds a name of more than 255 bytes";
    if (name.front() == '.') return "holds a name that begins with a dot";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return "holds a control character";
        if (c == '\\' || c == '/') return "holds a backslash or a slash within a name";
        if (c == ';' || c == '*') return "holds ';' or '*', which mean something in G-code";
    }
    if (!is_utf8(name)) return "is not UTF-8";
    return std::nullopt;
}

std::variant<virtual_path, std::string> parse_virtual_path(std::string_view text)
{
    if (text.empty()) return std::string("is empty");
    if (text.size() > max_path_bytes) return std::string("is longer than 1,024 bytes");
    virtual_path path;
    bool first = true;
    for (std::size_t at = 0;;) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        const std::string_view name = text.substr(at, end - at);
        if (first) {
            if (name != root) return std::string("does not begin with \"gcode/\"");
        } else {
            if (const auto fault = fault_of_segment(name)) return std::string(*fault);
            if (path.segments.size() == max_path_depth) return std::string("is more than 16 folders deep");
            path.segments.emplace_back(name);
        }
        first = false;
        if (end == text.size()) return path;
        at = end + 1;
    }
}

std::string virtual_path::below_root() const
{
    std::string all;
    for (const auto& name : segments) {
        if (!all.empty()) all += '/';
        all += name;
    }
    return all;
}

std::string virtual_path::text() const
{
    std::string all(root);
    if (!segments.empty()) all += '/' + below_root();
    return all;
}

bool has_gcode_name(std::string_view name)
{
    constexpr std::array<std::string_view, 3> endings{".gcode", ".gco", ".g"};
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
        if (name.size() <= ending.size()) return false;
        const auto tail = name.substr(name.size() - ending.size());
        if (name[name.size() - ending.size() - 1] == '/') return false;
        return std::equal(tail.begin(), tail.end(), ending.begin(),
                          [](char a, char b) { return lower(a) == b; });
    });
}

} // namespace layerline::commands
