#include "workshop/slicing/layer_svg.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace layerline::workshop {

namespace {

// Of tenths of a micron: as short as they can be told exactly.
void put(std::string& to, std::int64_t units)
{
    std::array<char, 32> text{};
    if (units < 0) to += '-';
    const auto size = static_cast<std::uint64_t>(units < 0 ? -units : units);
    constexpr std::uint64_t one_mm = 10'000;
    auto [end, fault] = std::to_chars(text.begin(), text.end(), size / one_mm);
    to.append(text.begin(), end);
    if (auto rest = size % one_mm; rest != 0) {
        to += '.';
        for (std::uint64_t digit = one_mm / 10; rest != 0; digit /= 10) {
            to += static_cast<char>('0' + rest / digit);
            rest %= digit;
        }
    }
}

std::int64_t units(double mm)
{
    return std::llround(mm * plane_units_per_mm);
}

} // namespace

std::string layer_svg(const slice_outline& layer, double bed_width_mm, double bed_depth_mm, double height_mm)
{
    std::string width, depth, z, out;
    put(width, units(bed_width_mm));
    put(depth, units(bed_depth_mm));
    put(z, units(height_mm));
    out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "mm\" height=\"" + depth +
          "mm\" viewBox=\"0 0 " + width + " " + depth + "\">\n<title>z " + z +
          " mm</title>\n<path fill-rule=\"evenodd\" transform=\"matrix(1 0 0 -1 0 " + depth + ")\" d=\"";
    for (const auto& loop : layer.contours) {
        char command = 'M';
        for (const auto& at : loop) {
            out += command;
            put(out, at.x);
            out += ' ';
            put(out, at.y);
            command = 'L';
        }
        out += 'Z';
    }
    out += "\"/>\n</svg>\n";
    return out;
}

std::string layer_file_name(std::size_t index)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "layer_%05zu.svg", index + 1);
    return text.data();
}

} // namespace layerline::workshop
