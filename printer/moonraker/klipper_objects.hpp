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
    // Takes the names that printer.objects.list gave; what was kept of others is forgotten. At most 16
    // extruders and 16 heaters of the owner's own are followed.
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
    // Whether Klipper listed it and we follow it, told or not.
    bool follows(std::string_view object) const { return chosen_.contains(object); }

    // Klipper's name of a heater ("heater_bed", "extruder1") by ours ("bed", "tool1"); what can be written
    // into a G-code line as it is. Empty: there is no such heater.
    std::string heater_gcode_name(std::string_view ours) const;

    // A filament sensor that is on and sees no filament; empty: there is none such.
    std::string empty_sensor() const;

    // Klipper's name of a light ("neopixel case") by ours ("case"); empty: there is no such light.
    std::string light_object(std::string_view name) const;
    bool has_lights() const { return !lights_.empty(); }
    // The parts of the plate, at most 256.
    std::vector<print_object> print_objects() const;

    // Where the head is, in the G-code's own coordinates.
    head_position head() const;

    // Heaters, position, homed axes, fan, factors, lights and the plate's parts into `state`.
    void describe(printer_state& state) const;
    // The print's figures into `job`: file, bytes, progress, elapsed time, layers.
    void describe(job_state& job) const;

private:
    struct followed_heater {
        std::string ours, object, gcode_name;
    };
    struct followed_light {
        std::string name, object;
    };
    std::optional<bool> is_lit(std::string_view object) const;
    const nlohmann::json* field(std::string_view object, std::string_view name) const;
    std::optional<double> element(std::string_view object, std::string_view name, std::size_t at) const;
    void follow(const std::string& name, std::vector<std::string> fields);

    std::map<std::string, std::vector<std::string>, std::less<>> chosen_;
    std::map<std::string, std::map<std::string, nlohmann::json, std::less<>>, std::less<>> kept_;
    std::vector<followed_light> lights_;
    std::vector<followed_heater> heaters_; // tools first, then the bed, the chamber and others
};

} // namespace layerline::printer::moonraker
