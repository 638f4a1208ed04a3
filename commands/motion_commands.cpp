// home, set-temp, emergency-stop: what moves, heats or stops the printer itself. Everything that reaches the
// printer is built from typed values; no text of a caller does.
#include "commands/command_groups.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace layerline::commands {

using nlohmann::json;

namespace {

struct wanted_heat {
    std::string heater;
    double celsius = 0;
    std::string_view argument;     // that it came from
    std::optional<double> limit;   // in force for remote heating, if the printer's side told one
    std::string_view limit_name;   // how the policy file calls it
    std::string_view host_name;    // how the print host's configuration does
    std::string_view klipper_name; // the section of Klipper's configuration
};

std::string in_words(double value)
{
    char text[32];
    return {text, std::to_chars(std::begin(text), std::end(text), value).ptr};
}

// Who drives the printer knows the limit, and the owner's policy may lower it: whichever is the lowest holds.
std::string over_limit(const wanted_heat& one, bool serial)
{
    std::string text = std::string(one.argument) + " " + in_words(one.celsius) + " is over the limit of " +
                       in_words(*one.limit) +
                       " degrees for remote heating. The owner raises it at the printer: ";
    if (serial)
        text += "limits." + std::string(one.host_name) + " in the print host's configuration";
    else
        text += "max_temp of [" + std::string(one.klipper_name) + "] in Klipper's configuration";
    return text + ", or caps." + std::string(one.limit_name) + " in policy.toml where that is lower.";
}

// The heaters of one call in the order bed, chamber, tool; 400 for none, or for one over its limit.
outcome<std::vector<wanted_heat>> wanted_heats(const arguments& given, const printer::link_capabilities& can)
{
    std::vector<wanted_heat> all;
    if (const auto c = given.number("BedC"))
        all.push_back({"bed", *c, "BedC", can.max_bed_c, "max_bed_c", "bed", "heater_bed"});
    if (const auto c = given.number("ChamberC"))
        all.push_back({"chamber", *c, "ChamberC", can.max_chamber_c, "max_chamber_c", "chamber",
                       "heater_generic chamber"});
    const auto tool = given.integer("ToolNumber");
    if (const auto c = given.number("ToolC"))
        all.push_back({"tool" + std::to_string(tool.value_or(0)), *c, "ToolC", can.max_tool_c, "max_tool_c",
                       "tool", "extruder"});
    else if (tool)
        return fail(400, "ToolC is missing beside ToolNumber.");
    if (all.empty()) return fail(400, "One of BedC, ChamberC, ToolC is needed.");
    for (const auto& one : all)
        if (one.limit && one.celsius > *one.limit) return fail(400, over_limit(one, can.serial));
    return all;
}

// Results are made outside the coroutines: g++ 12 does not reliably keep braced lists in their frames.
json note_of(const printer::printer_result<printer::performed>& done)
{
    return done && !done->note.empty() ? json(done->note) : json(nullptr);
}

json homed(const printer::printer_state& state, const printer::printer_result<printer::performed>& done)
{
    return {{"Phase", printer::name_of(state.now)},
            {"Homed", state.homed},
            {"Note", note_of(done)},
            {"Repeated", !done || done->repeated}};
}

json set(const wanted_heat& one, const printer::printer_result<printer::performed>& done)
{
    return {{"Heater", one.heater},
            {"TargetC", one.celsius},
            {"Note", note_of(done)},
            {"Repeated", !done || done->repeated}};
}

json all_set(json list)
{
    json result = json::object();
    result["Set"] = std::move(list);
    return result;
}

command_answer stopped(const printer::printer_result<printer::performed>& done,
                       const printer::printer_state& state)
{
    // A link that had no confirmation says so in its note.
    if (done)
        return command_answer(json{{"Confirmed", done->confirmed.value_or(done->note.empty())},
                                   {"Note", note_of(done)},
                                   {"Phase", printer::name_of(state.now)}});
    command_answer answer(fail(done.error()));
    answer.result = json{{"Confirmed", false},
                         {"Note", "The printer did not confirm the stop: go to it and switch it off."},
                         {"Phase", printer::name_of(state.now)}};
    return answer;
}

// With several heaters each needs a key of its own, or the second would count as the first one repeated.
constexpr std::size_t longest_shared_key = 56;

} // namespace

transport::task<command_answer> run_home(command_context& at, const arguments& given)
{
    const std::string axes = given.text("Axes").value_or("xyz");
    printer::home_axes home{false, false, false};
    for (const char c : axes) {
        bool* axis = c == 'x' || c == 'X'   ? &home.x
                     : c == 'y' || c == 'Y' ? &home.y
                     : c == 'z' || c == 'Z' ? &home.z
                                            : nullptr;
        if (!axis || *axis)
            co_return command_answer(fail(400, "Axes must be some of x, y and z, each at most once."));
        *axis = true;
    }
    const auto done = co_await at.printer.perform(printer::action(home), at.terms);
    if (!done && done.error().code != printer::printer_errc::repeated)
        co_return command_answer(fail(done.error()));
    co_return command_answer(homed(at.printer.state(), done));
}

transport::task<command_answer> run_set_temp(command_context& at, const arguments& given)
{
    const auto wanted = wanted_heats(given, at.printer.capabilities());
    if (!wanted) co_return command_answer(wanted.error());
    const bool several = wanted->size() > 1;
    if (several && at.terms.idempotency_key && at.terms.idempotency_key->size() > longest_shared_key)
        co_return command_answer(fail(400, "Idempotency-Key must be at most 56 characters long when several "
                                           "heaters are set at once."));
    json list = json::array();
    for (std::size_t i = 0; i < wanted->size(); ++i) {
        const auto& one = (*wanted)[i];
        printer::terms terms = at.terms;
        if (several && terms.idempotency_key) *terms.idempotency_key += "-" + one.heater;
        // The time of the first has gone by when the second is sent.
        const auto& deadline = at.call.request().deadline;
        if (terms.time_left && deadline)
            terms.time_left =
                std::max(std::chrono::floor<std::chrono::milliseconds>(*deadline - transport::clock::now()),
                         std::chrono::milliseconds(0));
        printer::action what = printer::set_temperature{one.heater, one.celsius};
        const auto done = co_await at.printer.perform(std::move(what), std::move(terms));
        if (!done && done.error().code != printer::printer_errc::repeated) {
            command_answer answer(fail(done.error()));
            if (!list.empty()) answer.result = all_set(std::move(list));
            co_return answer;
        }
        list.push_back(set(one, done));
    }
    co_return command_answer(all_set(std::move(list)));
}

transport::task<command_answer> run_emergency_stop(command_context& at, const arguments&)
{
    printer::terms terms;
    terms.principal = at.who.principal;
    terms.principal_name = at.who.name;
    terms.peer = at.who.peer;
    printer::action what = printer::emergency_stop{};
    const auto done = co_await at.printer.perform(std::move(what), std::move(terms));
    co_return stopped(done, at.printer.state());
}

} // namespace layerline::commands
