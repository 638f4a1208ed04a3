// The actions' names, and the bounds of their values.
#include "printer/printer_action.hpp"

#include <array>
#include <cmath>

namespace layerline::printer {

namespace {

// In the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<action>> names{
    "start",     "pause",          "resume",         "cancel",        "home",      "set_temperature",
    "bed_clear", "emergency_stop", "move_axis",      "extrude",       "set_fan",   "set_speed",
    "set_flow",  "babystep",       "release_motors", "level_bed",     "set_light", "set_power",
    "run_gcode", "run_macro",      "exclude_object", "answer_prompt", "list_card"};
static_assert(!names.back().empty());

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

bool within(double value, double least, double most)
{
    return std::isfinite(value) && value >= least && value <= most;
}

bool good_feed(const std::optional<double>& feed)
{
    return !feed || within(*feed, 1, max_feed_mm_min);
}

printer_failure over(std::string what)
{
    return {printer_errc::out_of_range, std::move(what)};
}

} // namespace

std::string_view name_of(const action& what)
{
    return names[what.index()];
}

bool good_card_name(std::string_view name)
{
    constexpr std::size_t longest = 64; // with folders; what M23 and its number leave room for
    if (name.empty() || name.size() > longest || name.find("//") != std::string_view::npos) return false;
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != ';' && c != '*' && c != '"' && c != ':' && c != '\\' && c != '#';
    });
    const auto last = name.substr(name.rfind('/') + 1);
    return plain && name.front() != '/' && name.front() != '.' && name.find("/.") == std::string_view::npos &&
           last.find('.') != std::string_view::npos && last.back() != '.';
}

std::optional<printer_failure> out_of_bounds(const action& what)
{
    using failed = std::optional<printer_failure>;
    return std::visit(
        overloaded{
            [](const move_axis& move) -> failed {
                if (move.axis < 'x' || move.axis > 'z') return over("The axes are x, y and z.");
                if (!within(move.distance_mm, -max_move_mm, max_move_mm) || !good_feed(move.feed_mm_min))
                    return over("A move is at most 500 mm, its feed rate 1 to 60000 mm/min.");
                return std::nullopt;
            },
            [](const extrude_filament& extrude) -> failed {
                if (!within(extrude.distance_mm, -max_extrude_mm, max_extrude_mm) ||
                    !good_feed(extrude.feed_mm_min) || extrude.tool < 0 || extrude.tool >= max_tools)
                    return over("At most 300 mm of filament are moved at once, at 1 to 60000 mm/min.");
                return std::nullopt;
            },
            [](const set_fan& set) -> failed {
                if (!within(set.share, 0, 1)) return over("A fan runs at 0 to 100 %.");
                return std::nullopt;
            },
            [](const set_speed& set) -> failed {
                if (!within(set.factor, 0.1, 5)) return over("The speed is 10 to 500 % of the file's.");
                return std::nullopt;
            },
            [](const set_flow& set) -> failed {
                if (!within(set.factor, 0.5, 2)) return over("The flow is 50 to 200 % of the file's.");
                return std::nullopt;
            },
            [](const babystep& step) -> failed {
                if (!within(step.z_mm, -max_babystep_mm, max_babystep_mm))
                    return over("A babystep is at most 0.5 mm.");
                return std::nullopt;
            },
            [](const auto&) -> failed { return std::nullopt; },
        },
        what);
}

} // namespace layerline::printer
