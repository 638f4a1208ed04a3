#include "printer/serial/meatpack.hpp"

#include <algorithm>
#include <cstddef>

namespace layerline::printer::serial::meatpack {
namespace {

constexpr std::string_view alphabet = "0123456789. \nGX";
constexpr unsigned literal = 15;

unsigned nibble_of(char c)
{
    return static_cast<unsigned>(std::min(alphabet.find(c), std::size_t{literal}));
}

// Where the line number ends; 0: it has none.
std::size_t number_end(std::string_view line)
{
    if (!line.starts_with('N')) return 0;
    std::size_t at = 1;
    while (at < line.size() && line[at] >= '0' && line[at] <= '9')
        ++at;
    return at;
}

} // namespace

void pack(std::string& into, std::string_view line)
{
    const std::size_t number = number_end(line);
    const auto nibble_at = [&](std::size_t at) {
        if (at < std::min<std::size_t>(number, 2))
            return literal; // one bit makes "G1" of a packed "N1", or a G of an N
        // One bit lies between these digits' nibbles and the newline's, which swallows the nibble behind it.
        if (at < number && at + 2 >= number && (line[at] == '4' || line[at] == '8')) return literal;
        return nibble_of(line[at]);
    };
    constexpr unsigned newline = 12;
    for (std::size_t at = 0; at < line.size(); at += 2) {
        unsigned first = nibble_at(at);
        const bool last = first == newline || at + 1 == line.size();
        const unsigned second = last ? 0 : nibble_at(at + 1);
        const unsigned pair = second << 4U | first;
        if (!last && (pair == '\n' || pair == '\r')) first = literal;
        into += static_cast<char>(second << 4U | first);
        if (first == literal) into += line[at];
        if (!last && second == literal) into += line[at + 1];
        if (first == newline) return;
    }
}

std::string urgent_line(std::string_view line)
{
    // The line end first: to the emergency parser all that was packed is one line, which it ignores.
    std::string bytes("\xff\xff\xfa\n");
    return bytes.append(line).append(on);
}

std::optional<bool> told(std::string_view line)
{
    if (!line.starts_with("[MP] PV")) return std::nullopt;
    if (line.find(" ON ") != std::string_view::npos) return true;
    if (line.find(" OFF ") != std::string_view::npos) return false;
    return std::nullopt;
}

} // namespace layerline::printer::serial::meatpack
