// What people do by hand with a Klipper: moving, extruding, fan and factors, lights, power, macros, console
// lines, parts left out of a print, answers to prompts.
#include "printer/moonraker/hand_gcode.hpp"
#include "printer/moonraker/host_lists.hpp"
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace layerline::printer::moonraker {

using nlohmann::json;

namespace {

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

using failed = std::optional<printer_failure>;

constexpr double safe_to_switch_off_c = 50; // a hotter nozzle needs its fan

printer_failure unsupported(std::string why)
{
    return {printer_errc::unsupported, std::move(why)};
}

std::string upper(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

} // namespace

std::vector<std::string> moonraker_desk::offers() const
{
    std::vector<std::string> all{"move_axis",      "set_speed", "set_flow",     "babystep",
                                 "release_motors", "run_gcode", "answer_prompt"};
    if (objects_.follows("extruder")) all.emplace_back("extrude");
    if (objects_.follows("fan")) all.emplace_back("set_fan");
    if (objects_.follows("bed_mesh")) all.emplace_back("level_bed");
    if (objects_.has_lights()) all.emplace_back("set_light");
    if (power_ && !power_->empty()) all.emplace_back("set_power");
    if (macros_ && !macros_->empty()) all.emplace_back("run_macro");
    if (objects_.follows("exclude_object")) all.emplace_back("exclude_object");
    return all;
}

// Whether something else has the head, or a person has to look first.
failed moonraker_desk::not_by_hand(bool when_paused) const
{
    const bool job = job_facts_.live || start_;
    if (known_.now == phase::error || (job && !(when_paused && known_.now == phase::paused)))
        return wrong_state("Nothing is moved by hand now");
    return std::nullopt;
}

// Who moves the head may leave something on the bed.
void moonraker_desk::bed_was_touched()
{
    if (!job_facts_.live) bed_was(bed_event::moved);
}

failed moonraker_desk::begin_move(ticket id, const move_axis& what)
{
    if (auto why = not_by_hand(true)) return why;
    if (objects_.text("toolhead", "homed_axes").find(what.axis) == std::string::npos)
        return printer_failure{printer_errc::wrong_state,
                               "Home " + upper(std::string(1, what.axis)) +
                                   " first: where the axis is, and where its end is, is not known."};
    bed_was_touched();
    run_gcode(id, call_kind::move, move_script(what));
    return std::nullopt;
}

failed moonraker_desk::begin_extrude(ticket id, const extrude_filament& what)
{
    if (auto why = not_by_hand(true)) return why;
    const std::string extruder = what.tool == 0 ? "extruder" : "extruder" + std::to_string(what.tool);
    if (!objects_.follows(extruder))
        return unsupported("This printer has no tool" + std::to_string(what.tool) + ".");
    const auto active = objects_.text("toolhead", "extruder");
    if (!active.empty() && active != extruder)
        return printer_failure{printer_errc::wrong_state,
                               "Another tool is in use (" + plain_words(active, 64) + "): change it first."};
    // Klipper would refuse it as well, in the middle of the script.
    if (objects_.flag(extruder, "can_extrude") == false)
        return wrong_state("The hotend is too cold to move filament (Klipper's min_extrude_temp)");
    if (what.distance_mm > 0) bed_was_touched();
    run_gcode(id, call_kind::extrude, extrude_script(what));
    return std::nullopt;
}

failed moonraker_desk::begin_babystep(ticket id, const babystep& what)
{
    if (known_.now == phase::cancelling || known_.now == phase::error)
        return wrong_state("There is nothing to adjust");
    const double sum = known_.z_offset_mm.value_or(0) + what.z_mm;
    if (std::abs(sum) > settings_.most_babysteps_mm)
        return printer_failure{printer_errc::out_of_range, "All babysteps together are at most " +
                                                               gcode_number(settings_.most_babysteps_mm) +
                                                               " mm; home Z or level the bed."};
    const bool homed = objects_.text("toolhead", "homed_axes").find('z') != std::string::npos;
    run_gcode(id, call_kind::adjust, babystep_script(what.z_mm, homed));
    return std::nullopt;
}

failed moonraker_desk::begin_level(ticket id)
{
    if (auto why = not_by_hand(false)) return why;
    if (!objects_.follows("bed_mesh")) return unsupported("Klipper has no [bed_mesh] on this printer.");
    if (known_.homed != "xyz") return wrong_state("All axes are homed before the bed is measured");
    if (auto why = gate_.over_bed("The probe would run into a part")) return why;
    run_gcode(id, call_kind::level, "BED_MESH_CALIBRATE");
    return std::nullopt;
}

failed moonraker_desk::begin_power(ticket id, const set_power& what)
{
    const auto known = power_ ? std::find_if(power_->begin(), power_->end(),
                                             [&](const power_device& one) { return one.name == what.device; })
                              : std::vector<power_device>::iterator();
    if (!power_ || known == power_->end())
        return unsupported("Moonraker has no power device " + plain_words(what.device, 64) + ".");
    if (!what.on && (job_facts_.live || start_))
        return wrong_state("Nothing is switched off while a print is under way");
    // Any device but a light may be the supply that the hotend's fan hangs on. What is only remembered of a
    // Klipper that is gone keeps nobody from switching off.
    const bool hot =
        following_ && std::any_of(known_.heaters.begin(), known_.heaters.end(), [](const heater_state& one) {
            return one.name.starts_with("tool") && one.actual_c.value_or(0) > safe_to_switch_off_c;
        });
    if (!what.on && hot && !called_a_light(what.device))
        return wrong_state("The nozzle is over 50 C and needs its fan; wait until it is cold");
    make_call(id, call_kind::power, "machine.device_power.post_device",
              json{{"device", what.device}, {"action", what.on ? "on" : "off"}});
    return std::nullopt;
}

failed moonraker_desk::begin_macro(ticket id, const run_macro& what)
{
    const auto name = upper(what.name);
    const bool known = macros_ && std::any_of(macros_->begin(), macros_->end(),
                                              [&](const macro_info& one) { return one.name == name; });
    if (!known)
        return unsupported("Klipper has no macro " + plain_words(what.name, 64) + " for people to call.");
    auto script = macro_script(what);
    if (!script) return script.error();
    if (auto why = not_by_hand(true)) return why;
    bed_was_touched();
    run_gcode(id, call_kind::macro, *script);
    return std::nullopt;
}

failed moonraker_desk::begin_console(ticket id, const printer::run_gcode& what)
{
    const bool open = std::any_of(calls_.begin(), calls_.end(), [](const auto& one) {
        return one.second.kind == call_kind::console && one.second.who;
    });
    if (open) return printer_failure{printer_errc::refused, "Another console line waits for its answer."};
    const auto can = capabilities();
    auto script = console_script(
        what.text, job_facts_.live || start_.has_value(),
        {can.max_tool_c.value_or(0), can.max_bed_c.value_or(0), can.max_chamber_c.value_or(0)});
    if (!script) return script.error();
    if (known_.now == phase::error && begins_with_motion(*script))
        return wrong_state("After a failure a person has to look and say that the bed is clear first");
    if (homes_z(*script))
        if (auto why = gate_.over_bed("Z is not homed over a part")) return why;
    if (begins_with_motion(*script)) bed_was_touched();
    run_gcode(id, call_kind::console, *script);
    return std::nullopt;
}

failed moonraker_desk::begin_exclude(ticket id, const exclude_object& what)
{
    if (!objects_.follows("exclude_object"))
        return unsupported("Klipper has no [exclude_object] on this printer.");
    if (!job_facts_.live) return wrong_state("Parts are left out of a print that is under way");
    const auto parts = objects_.print_objects();
    const auto known = std::find_if(parts.begin(), parts.end(),
                                    [&](const print_object& one) { return one.name == what.name; });
    if (known == parts.end())
        return printer_failure{printer_errc::out_of_range,
                               "The print has no part " + plain_words(what.name, 128) + "."};
    auto script = exclude_script(what.name);
    if (!script) return script.error();
    run_gcode(id, call_kind::adjust, *script);
    return std::nullopt;
}

failed moonraker_desk::begin_answer(ticket id, const answer_prompt& what)
{
    const auto* prompt = console_.prompt();
    if (!prompt || prompt->buttons.empty()) return wrong_state("Nothing was asked");
    if (what.choice < 0 || static_cast<std::size_t>(what.choice) >= prompt->buttons.size())
        return printer_failure{printer_errc::out_of_range, "There are " +
                                                               std::to_string(prompt->buttons.size()) +
                                                               " choices, counted from 0."};
    const auto line = prompt->buttons[static_cast<std::size_t>(what.choice)].gcode;
    // A prompt may come out of the file that is printed.
    if (begins_a_print(line))
        return unsupported("A print begins with the command start, behind its bed-clear gate.");
    console_.forget_prompt();
    run_gcode(id, call_kind::answer, line);
    return std::nullopt;
}

// Klipper is ready.
failed moonraker_desk::begin_by_hand(ticket id, const action& what)
{
    if (auto why = out_of_bounds(what)) return why;
    const auto adjust = [&](const std::string& script) -> failed {
        run_gcode(id, call_kind::adjust, script);
        return std::nullopt;
    };
    return std::visit(overloaded{
                          [&](const move_axis& move) { return begin_move(id, move); },
                          [&](const extrude_filament& extrude) { return begin_extrude(id, extrude); },
                          [&](const set_fan& set) -> failed {
                              if (!objects_.follows("fan")) return unsupported("Klipper has no [fan] here.");
                              return adjust(fan_script(set.share));
                          },
                          [&](const set_speed& set) { return adjust(speed_script(set.factor)); },
                          [&](const set_flow& set) { return adjust(flow_script(set.factor)); },
                          [&](const babystep& step) { return begin_babystep(id, step); },
                          [&](const release_motors&) -> failed {
                              if (job_facts_.live || start_) return wrong_state("A print needs its motors");
                              run_gcode(id, call_kind::motors, "M84");
                              return std::nullopt;
                          },
                          [&](const level_bed&) { return begin_level(id); },
                          [&](const set_light& set) -> failed {
                              const auto object = objects_.light_object(set.name);
                              if (object.empty())
                                  return unsupported("This printer has no light " +
                                                     plain_words(set.name, 64) + ".");
                              return adjust(light_script(object, set.on));
                          },
                          [&](const printer::run_gcode& line) { return begin_console(id, line); },
                          [&](const run_macro& macro) { return begin_macro(id, macro); },
                          [&](const exclude_object& part) { return begin_exclude(id, part); },
                          [&](const answer_prompt& answer) { return begin_answer(id, answer); },
                          [](const auto&) -> failed { return unsupported("Klipper cannot do that."); },
                      },
                      what);
}

} // namespace layerline::printer::moonraker
