// Klipper's printer objects as Moonraker tells them: which of them and which fields we ask for, the changes
// merged, and what they say about the printer. Pure; every text and number in them is a stranger's.
#pragma once

#include "printer/printer_state.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::printer::moonraker {

class klipper_objects {
public:
    // Takes the names that printer.objects.list gave; what was kept is forgotten. At most 16 extruders and
    // 16 heaters of the owner's own are followed.
    void choose(const nlohmann::json& names);
    // The argument of printer.objects.subscribe: names with named fields only, since whole objects hold
    // counters that change four times a second for ever.
    nlohmann::json wanted() const;
    // Takes fields that were told, in full or changed ones only. What was not asked for is ignored.
    void merge(const nlohmann::json& status);
    void forget();

    // Empty or none: not told, or told as null or of another kind.
    std::optional<double> number(std::string_view object, std::string_view field) const;
    std::string text(std::string_view object, std::string_view field) const;
    std::optional<bool> flag(std::string_view object, std::string_view field) const;
    bool has(std::string_view object) const { return kept_.contains(object); }

    // Klipper's name of a heater ("heater_bed", "extruder1") by ours ("bed", "tool1"); what can be written
    // into a G-code line as it is. Empty: there is no such heater.
    std::string heater_gcode_name(std::string_view ours) const;

    // Heaters, position, homed axes and fan into `state`.
    void describe(printer_state& state) const;
    // The print's figures into `job`: file, bytes, progress, elapsed time, layers.
    void describe(job_state& job) const;

private:
    struct followed_heater {
        std::string ours, object, gcode_name;
    };
    const nlohmann::json* field(std::string_view object, std::string_view name) const;
    std::optional<double> element(std::string_view object, std::string_view name, std::size_t at) const;
    void follow(const std::string& name, std::vector<std::string> fields);

    std::map<std::string, std::vector<std::string>, std::less<>> chosen_;
    std::map<std::string, std::map<std::string, nlohmann::json, std::less<>>, std::less<>> kept_;
    std::vector<followed_heater> heaters_; // tools first, then the bed, the chamber and others
};

} // namespace layerline::printer::moonraker
