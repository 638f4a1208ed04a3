#include "printer/serial/host_config.hpp"

#include <CLI/CLI.hpp>

#define TOML_ENABLE_FORMATTERS                                                                               \
    0 // compiled in here, since the program has no shared libraries: only what is used
#include "cmake/toml.hpp"

#include <fstream>
#include <functional>
#include <sstream>

namespace layerline::printer::serial {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

milliseconds minutes(double count)
{
    return duration_cast<milliseconds>(std::chrono::duration<double, std::ratio<60>>(count));
}

// One row a key: its dotted name, its bounds and where the value goes.
struct number_key {
    const char* name;
    double least, most;
    std::function<void(host_config&, double)> put;
};

const std::vector<number_key>& number_keys()
{
    static const auto area = [](host_config& c) -> motion_area& {
        if (!c.host.parking.area) c.host.parking.area.emplace();
        return *c.host.parking.area;
    };
    static const auto park = [](host_config& c) -> spot& {
        if (!c.host.parking.park) c.host.parking.park.emplace();
        return *c.host.parking.park;
    };
    static const std::vector<number_key> keys{
        {"baud", 1200, 4'000'000, [](host_config& c, double v) { c.baud = static_cast<unsigned>(v); }},
        {"limits.tool", 0, 500, [](host_config& c, double v) { c.host.max_tool_c = v; }},
        {"limits.bed", 0, 200, [](host_config& c, double v) { c.host.max_bed_c = v; }},
        {"limits.chamber", 0, 200, [](host_config& c, double v) { c.host.max_chamber_c = v; }},
        {"limits.file_tool", 0, 500, [](host_config& c, double v) { c.file_limits.tool_c = v; }},
        {"limits.file_bed", 0, 200, [](host_config& c, double v) { c.file_limits.bed_c = v; }},
        {"limits.file_chamber", 0, 200, [](host_config& c, double v) { c.file_limits.chamber_c = v; }},
        {"limits.starts_an_hour", 0, 1000,
         [](host_config& c, double v) { c.host.starts_an_hour = static_cast<int>(v); }},
        {"guards.idle_minutes", 1, 1440, [](host_config& c, double v) { c.host.guards.idle = minutes(v); }},
        {"guards.failed_tool_minutes", 0, 1440,
         [](host_config& c, double v) { c.host.guards.failed_tool = minutes(v); }},
        {"guards.failed_bed_minutes", 0, 1440,
         [](host_config& c, double v) { c.host.guards.failed_bed = minutes(v); }},
        {"waits.tool_minutes", 1, 120, [](host_config& c, double v) { c.host.tool_wait = minutes(v); }},
        {"waits.bed_minutes", 1, 240, [](host_config& c, double v) { c.host.bed_wait = minutes(v); }},
        {"waits.rise_seconds", 0, 3600,
         [](host_config& c, double v) {
             c.host.rise_time = milliseconds(static_cast<std::int64_t>(v * 1000));
         }},
        {"pause.lift_mm", 0, 100, [](host_config& c, double v) { c.host.parking.lift_mm = v; }},
        {"pause.retract_mm", 0, 20, [](host_config& c, double v) { c.host.parking.retract_mm = v; }},
        {"pause.park_x", -1000, 5000, [](host_config& c, double v) { park(c).x_mm = v; }},
        {"pause.park_y", -1000, 5000, [](host_config& c, double v) { park(c).y_mm = v; }},
        {"pause.standby_minutes", 0, 1440,
         [](host_config& c, double v) { c.host.standby_after = minutes(v); }},
        {"pause.standby_celsius", 0, 300, [](host_config& c, double v) { c.host.standby_c = v; }},
        {"area.x_min", -1000, 5000, [](host_config& c, double v) { area(c).x_min = v; }},
        {"area.x_max", -1000, 5000, [](host_config& c, double v) { area(c).x_max = v; }},
        {"area.y_min", -1000, 5000, [](host_config& c, double v) { area(c).y_min = v; }},
        {"area.y_max", -1000, 5000, [](host_config& c, double v) { area(c).y_max = v; }},
        {"area.z_max", 0, 5000, [](host_config& c, double v) { area(c).z_max = v; }},
        {"firmware.receive_buffer", 32, 65536,
         [](host_config& c, double v) { c.machine.receive_buffer = static_cast<std::size_t>(v); }},
        {"firmware.max_line", 48, 1024,
         [](host_config& c, double v) {
             c.machine.max_line = c.host.max_line = static_cast<std::size_t>(v);
         }},
        {"firmware.window_lines", 1, 5,
         [](host_config& c, double v) { c.machine.window_lines = static_cast<std::size_t>(v); }},
    };
    return keys;
}

struct text_key {
    const char* name;
    std::string host_config::*where;
};
constexpr std::array text_keys{
    text_key{"port", &host_config::port},       text_key{"socket", &host_config::socket},
    text_key{"files", &host_config::files},     text_key{"state", &host_config::state},
    text_key{"journal", &host_config::journal}, text_key{"firmware.kind", &host_config::firmware},
    text_key{"sysfs", &host_config::sysfs}};

std::string at_line(const std::string& name, const toml::node& node, const std::string& text)
{
    return name + ':' + std::to_string(node.source().begin.line) + ": " + text;
}

// The first thing that is wrong, or nothing.
std::optional<std::string> read_table(const toml::table& table, const std::string& prefix,
                                      const std::string& name, host_config& into)
{
    for (const auto& [key, node] : table) {
        const std::string full = prefix + std::string(key.str());
        if (const auto* inner = node.as_table()) {
            if (!prefix.empty()) return at_line(name, node, "unknown section \"" + full + '"');
            const bool known =
                std::any_of(number_keys().begin(), number_keys().end(), [&](const number_key& row) {
                    return std::string_view(row.name).starts_with(full + '.');
                });
            if (!known) return at_line(name, node, "unknown section \"" + full + '"');
            if (auto wrong = read_table(*inner, full + '.', name, into)) return wrong;
            continue;
        }
        if (full == "baud" && node.value_or(std::string{}) == "auto") {
            into.baud = 0;
            continue;
        }
        if (full == "firmware.meatpack") {
            const auto wish = node.value_or(std::string{});
            if (wish != "auto" && wish != "off")
                return at_line(name, node, "\"firmware.meatpack\" is \"auto\" or \"off\"");
            into.machine.meatpack = wish == "auto";
            continue;
        }
        const auto text = std::find_if(text_keys.begin(), text_keys.end(),
                                       [&](const text_key& row) { return row.name == full; });
        if (text != text_keys.end()) {
            if (!node.is_string()) return at_line(name, node, '"' + full + "\" is a text");
            into.*(text->where) = node.value_or(std::string{});
            continue;
        }
        const auto number = std::find_if(number_keys().begin(), number_keys().end(),
                                         [&](const number_key& row) { return row.name == full; });
        if (number == number_keys().end()) return at_line(name, node, "unknown key \"" + full + '"');
        const auto value = node.is_number() ? node.value<double>() : std::nullopt;
        if (!value || !(*value >= number->least && *value <= number->most)) {
            std::ostringstream range;
            range << '"' << full << "\" is a number from " << number->least << " to " << number->most
                  << (full == "baud" ? ", or \"auto\"" : "");
            return at_line(name, node, range.str());
        }
        number->put(into, *value);
    }
    return std::nullopt;
}

std::string names_of_firmware()
{
    std::string all;
    for (const auto& one : firmware_profiles())
        all += (all.empty() ? "" : ", ") + std::string(one.name);
    return all;
}

std::optional<std::string> missing(const host_config& config)
{
    if (config.port.empty()) return "which port? --port PATH or port = \"...\" in the configuration";
    if (config.socket.empty()) return "where to listen? --socket PATH";
    if (config.files.empty()) return "where are the G-code files? --files DIR (jobs lie in DIR/gcode)";
    if (!config.firmware.empty() && !firmware_named(config.firmware))
        return "there is no firmware \"" + config.firmware + "\": " + names_of_firmware();
    if (config.state.empty()) return "where to keep state? --state DIR";
    const auto& parking = config.host.parking;
    if (parking.park && !parking.area) return "a park spot needs the [area] that it lies in";
    if (parking.area &&
        (parking.area->x_min >= parking.area->x_max || parking.area->y_min >= parking.area->y_max))
        return "[area] needs x_min < x_max and y_min < y_max";
    if (parking.park && !parking.area->holds(*parking.park)) return "the park spot lies outside of [area]";
    return std::nullopt;
}

} // namespace

boost::system::result<void, config_end> read_host_toml(std::string_view text, const std::string& name,
                                                       host_config& into)
{
    try {
        const toml::table table = toml::parse(text, name);
        if (auto wrong = read_table(table, {}, name, into)) return config_end{1, *wrong};
    } catch (const toml::parse_error& error) {
        return config_end{1, name + ':' + std::to_string(error.source().begin.line) + ": " +
                                 std::string(error.description())};
    }
    return {};
}

boost::system::result<host_config, config_end> read_host_config(int argc, char** argv)
{
    host_config config;
    std::string file, park;
    std::optional<std::string> baud;
    std::optional<double> tool, bed, chamber;
    std::optional<std::string> port, socket, files, state, journal, firmware;
    CLI::App app{
        "Drives a 3D printer on a serial port: streams jobs, guards heaters, answers on a unix socket.\n"
        "As a hand tool: layerline-printhost ctl --socket PATH status (see ctl --help)."};
    app.add_option("--port", port, "serial port, /dev/serial/by-id/... by best");
    app.add_option("--baud", baud, "115200 unless said otherwise; \"auto\" tries the usual ones")
        ->check(CLI::Range(1200U, 4'000'000U) | CLI::IsMember({"auto"}))
        ->take_last();
    app.add_option("--socket", socket, "unix socket to answer on");
    app.add_option("--files", files, "folder of files; jobs are in its gcode/");
    app.add_option("--state", state, "folder to keep state in");
    app.add_option("--journal", journal, "folder in memory for what a successor needs, /dev/shm");
    app.add_option("--firmware", firmware, "its family, where M115 misleads: " + names_of_firmware());
    app.add_option("--config", file, "TOML file; the command line goes above it");
    app.add_option("--max-tool", tool, "highest hotend temperature that may be asked for remotely, 250");
    app.add_option("--max-bed", bed, "the same for the bed, 90");
    app.add_option("--max-chamber", chamber, "the same for the chamber, 60");
    app.add_flag("--accept-fingerprint", config.host.accept_fingerprint,
                 "take the firmware that answers for this printer's own, once");
    app.add_flag("--supervise", config.supervised,
                 "run under a supervisor of our own, where there is no systemd: it keeps the port open and "
                 "starts a successor when the print host dies");
    app.add_flag("--check", config.check_only, "check the configuration, then end");
    app.set_version_flag("--version", LAYERLINE_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        const int code = app.exit(error, out, out);
        return config_end{code == 0 ? 0 : 2, out.str()};
    }
    if (!file.empty()) {
        std::ifstream in(file);
        std::ostringstream text;
        if (!in || !(text << in.rdbuf())) return config_end{1, file + ": cannot be read"};
        if (auto read = read_host_toml(text.str(), file, config); !read) return read.error();
    }
    if (port) config.port = *port;
    if (socket) config.socket = *socket;
    if (files) config.files = *files;
    if (state) config.state = *state;
    if (journal) config.journal = *journal;
    if (baud) config.baud = *baud == "auto" ? 0 : static_cast<unsigned>(std::stoul(*baud));
    if (firmware) config.firmware = *firmware;
    if (tool) config.host.max_tool_c = *tool;
    if (bed) config.host.max_bed_c = *bed;
    if (chamber) config.host.max_chamber_c = *chamber;
    if (auto what = missing(config)) return config_end{2, *what};
    config.machine.kind = firmware_named(config.firmware);
    return config;
}

} // namespace layerline::printer::serial
