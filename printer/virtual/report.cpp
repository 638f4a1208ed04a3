// The report.
#include "printer/virtual/report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <stdexcept>
#include <unistd.h>

namespace layerline::printer::virtual_printer {

using nlohmann::json;

namespace {

std::string dump(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json heat(const heater_reading& of)
{
    return {{"actual", of.actual}, {"target", of.target}};
}

} // namespace

std::string executed_entry(std::string_view command, std::optional<std::int64_t> line_number)
{
    return "{\"line_number\":" + (line_number ? std::to_string(*line_number) : std::string("null")) +
           ",\"command\":" + dump(json(std::string(command))) + "}";
}

std::string report_members(const firmware_status& s)
{
    json out;
    out["executed_count"] = s.executed;
    out["path"] = {{"moves", s.path.moves},
                   {"travel_mm", s.path.travel},
                   {"min", s.path.moved ? json(s.path.low) : json()},
                   {"max", s.path.moved ? json(s.path.high) : json()}};
    out["filament_mm"] = s.path.filament;
    out["position"] = {
        {"x", s.position[0]}, {"y", s.position[1]}, {"z", s.position[2]}, {"e", s.position[3]}};
    out["homed"] = {{"x", s.homed[0]}, {"y", s.homed[1]}, {"z", s.homed[2]}};
    out["motors_on"] = s.motors_on;
    out["temperatures"] = {{"tool0", heat(s.tool)}, {"bed", heat(s.bed)}};
    if (s.chamber) out["temperatures"]["chamber"] = heat(*s.chamber);
    out["killed"] = s.killed;
    out["kill_reason"] = s.kill_reason.empty() ? json() : json(s.kill_reason);
    out["boots"] = s.boots;
    out["connections"] = s.connections;
    out["underruns"] = s.underruns;
    out["still_ms"] = s.still_ms;
    out["cold_extrusions"] = s.cold_extrusions;
    out["wire"] = {{"bytes_received", s.bytes_received},    {"bytes_lost", s.bytes_lost},
                   {"lines_received", s.lines_received},    {"lines_numbered", s.lines_numbered},
                   {"repeats_dropped", s.repeats_dropped},  {"resends_asked", s.resends_asked},
                   {"unknown_commands", s.unknown_commands}};
    out["faults"] = {{"drop_ok", s.faults_drop_ok},
                     {"corrupt", s.faults_corrupt},
                     {"resend_without_ok", s.faults_resend_without_ok},
                     {"unplug", s.faults_unplug}};
    auto text = dump(out);
    return text.substr(1, text.size() - 2);
}

report::report(std::string path) : path_(std::move(path)), entries_path_(path_ + ".executed")
{
    entries_.reset(std::fopen(entries_path_.c_str(), "w+e"));
    if (!entries_) throw std::runtime_error("cannot write " + entries_path_);
}

report::~report()
{
    ::unlink(entries_path_.c_str());
}

void report::executed(std::string_view command, std::optional<std::int64_t> line_number)
{
    const auto entry = (first_ ? "" : ",\n") + executed_entry(command, line_number);
    first_ = false;
    std::fwrite(entry.data(), 1, entry.size(), entries_.get());
}

bool report::write(const firmware_status& status)
{
    const auto temporary = path_ + ".new";
    std::unique_ptr<std::FILE, closer> out(std::fopen(temporary.c_str(), "we"));
    if (!out) return false;
    const auto put = [&out](std::string_view text) { std::fwrite(text.data(), 1, text.size(), out.get()); };
    put("{" + report_members(status) + ",\n\"executed\":[\n");
    std::fflush(entries_.get());
    std::rewind(entries_.get());
    std::array<char, 65536> chunk{};
    while (const auto count = std::fread(chunk.data(), 1, chunk.size(), entries_.get()))
        put({chunk.data(), count});
    std::fseek(entries_.get(), 0, SEEK_END);
    put("\n]}\n");
    const bool good = std::fflush(out.get()) == 0 && !std::ferror(out.get()) && !std::ferror(entries_.get());
    out.reset();
    return good && std::rename(temporary.c_str(), path_.c_str()) == 0;
}

} // namespace layerline::printer::virtual_printer
