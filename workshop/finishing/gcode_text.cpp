#include "workshop/finishing/gcode_text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace layerline::workshop {

std::string shortest(double value, int digits)
{
    if (!std::isfinite(value) || std::abs(value) > 1e12) return "0";
    std::array<char, 64> room{};
    const auto written =
        std::to_chars(room.data(), room.data() + room.size(), value, std::chars_format::fixed, digits);
    std::string text(room.data(), written.ptr);
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') text.pop_back();
    }
    return text == "-0" ? "0" : text;
}

std::string with_words(const gcode::parsed_line& line, std::optional<double> e, std::optional<double> feed,
                       char e_letter)
{
    std::string text(1, line.letter);
    text += std::to_string(line.number);
    bool has_feed = false;
    for (std::size_t at = 0; at < line.word_count; ++at) {
        const auto& one = line.words[at];
        std::optional<double> value = one.value;
        if (one.letter == 'E' && e) value = e;
        if (one.letter == 'F') {
            has_feed = true;
            if (feed) value = feed;
        }
        text += ' ';
        text += one.letter == 'E' ? e_letter : one.letter;
        if (value) text += shortest(*value, one.letter == 'F' ? 3 : 5);
    }
    if (feed && !has_feed) text += " F" + shortest(*feed, 3);
    if (!line.comment.empty()) text.append(" ;").append(line.comment);
    return text;
}

std::string duration_text(double seconds)
{
    auto left = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e9)));
    std::string text;
    for (const auto& [length, unit] : {std::pair{86400LL, 'd'}, {3600LL, 'h'}, {60LL, 'm'}}) {
        if (left >= length || !text.empty()) text += std::to_string(left / length) + unit + ' ';
        left %= length;
    }
    return text + std::to_string(left) + 's';
}

std::string thumbnail_block(int width, int height, std::string_view png)
{
    constexpr std::size_t columns = 78; // as PrusaSlicer writes it
    std::string base64(4 * ((png.size() + 2) / 3) + 1, '\0');
    base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                                           reinterpret_cast<const unsigned char*>(png.data()),
                                                           static_cast<int>(png.size()))));
    std::string text = ";\n; thumbnail begin " + std::to_string(width) + "x" + std::to_string(height) + " " +
                       std::to_string(base64.size()) + "\n";
    for (std::size_t at = 0; at < base64.size(); at += columns)
        text.append("; ").append(base64, at, columns).append("\n");
    return text + "; thumbnail end\n;\n";
}

} // namespace layerline::workshop
