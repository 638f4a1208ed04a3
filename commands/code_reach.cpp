#include "commands/code_reach.hpp"

#include "gcode/line.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace layerline::commands {

namespace {

constexpr double mm_in_inch = 25.4;
constexpr double slack_mm = 1e-3; // less is what numbers in inches are rounded by

struct reach {
    char axis;
    double least, most; // mm
};

// How low the nozzle goes is its owner's matter: no printer tells it.
std::array<reach, 3> reaches(const printer::travel_area& travel)
{
    return {reach{'X', travel.x_min, travel.x_max}, reach{'Y', travel.y_min, travel.y_max},
            reach{'Z', -1e6, travel.z_max}};
}

// The end of the way that `wanted` lies beyond; none if it lies within.
std::optional<double> end_before(const reach& way, double wanted)
{
    if (way.most < 1) return std::nullopt; // no area that begins near the origin
    if (wanted > way.most + slack_mm) return way.most;
    if (wanted < way.least - slack_mm) return way.least;
    return std::nullopt;
}

// To a thousandth on the inner side of the end.
std::string written(double end, bool upper)
{
    const double rounded = (upper ? std::floor(end * 1000) : std::ceil(end * 1000)) / 1000;
    std::array<char, 32> room{};
    const auto made = std::to_chars(room.data(), room.data() + room.size(), rounded + 0.0);
    return {room.data(), made.ptr};
}

// Where in `line` the number of that letter stands, comments left out.
std::optional<std::pair<std::size_t, std::size_t>> number_of(const std::string& line, char letter)
{
    const auto end = std::min(line.find(';'), line.size());
    for (std::size_t at = 0; at < end; ++at) {
        if (std::toupper(static_cast<unsigned char>(line[at])) != letter) continue;
        std::size_t last = at + 1;
        while (last < end && (line[last] == '+' || line[last] == '-' || line[last] == '.' ||
                              std::isdigit(static_cast<unsigned char>(line[last])) != 0))
            ++last;
        return std::pair(at + 1, last - at - 1);
    }
    return std::nullopt;
}

bool moves_zero(const gcode::parsed_line& line)
{
    return line.is('G', 92) && (line.word_count == 0 || line.find('X') || line.find('Y') || line.find('Z'));
}

} // namespace

std::vector<shortened_move> keep_within_reach(std::vector<std::string>& lines,
                                              const printer::travel_area& travel)
{
    std::vector<shortened_move> told;
    const auto tell = [&told](const shortened_move& move) {
        const auto same = [&move](const shortened_move& one) { return one.axis == move.axis; };
        if (std::none_of(told.begin(), told.end(), same)) told.push_back(move);
    };
    bool absolute = true;
    double scale = 1;
    for (auto& text : lines) {
        const auto before = text;
        const auto line = gcode::parse_line(before);
        if (moves_zero(line)) break;
        if (line.is('G', 90) || line.is('G', 91)) absolute = line.number == 90;
        if (line.is('G', 20) || line.is('G', 21)) scale = line.number == 20 ? mm_in_inch : 1;
        const bool summed = text.find('*') < text.find(';'); // its sum would be another
        if (!absolute || summed || line.letter != 'G' || line.number > 1) continue;
        for (const auto& way : reaches(travel)) {
            const auto wanted = line.value(way.axis);
            const auto end = wanted ? end_before(way, *wanted * scale) : std::nullopt;
            const auto place = number_of(text, way.axis);
            if (!end || !place) continue;
            text.replace(place->first, place->second, written(*end / scale, *end == way.most));
            tell({way.axis, *wanted * scale, *end});
        }
    }
    return told;
}

} // namespace layerline::commands
