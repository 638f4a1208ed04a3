// What people do by hand at a printer from afar: moving, extruding, fan and factors, lights, power, macros,
// objects, prompts, and the console. Everything but the console's line is built from typed values.
#include "commands/command_groups.hpp"

#include <algorithm>

namespace layerline::commands {

using nlohmann::json;

namespace {

using done_action = printer::printer_result<printer::performed>;

// Results are made outside the coroutines: g++ 12 does not reliably keep braced lists in their frames.
command_answer told(const command_context& at, const done_action& done)
{
    if (!done && done.error().code != printer::printer_errc::repeated)
        return command_answer(fail(done.error()));
    json result{{"Phase", printer::name_of(at.printer.state().now)},
                {"Note", done && !done->note.empty() ? json(done->note) : json(nullptr)},
                {"Repeated", !done || done->repeated}};
    return command_answer(std::move(result));
}

command_answer replied(const command_context& at, const done_action& done)
{
    auto answer = told(at, done);
    if (!answer.why) answer.result["Reply"] = done ? done->reply : std::string();
    return answer;
}

std::optional<char> axis_of(const std::string& text)
{
    if (text.size() != 1) return std::nullopt;
    const char axis = text[0] >= 'A' && text[0] <= 'Z' ? static_cast<char>(text[0] - 'A' + 'a') : text[0];
    return axis >= 'x' && axis <= 'z' ? std::optional(axis) : std::nullopt;
}

bool is_parameter_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

// "TEMP=200 NAME=x" as pairs; values without spaces.
outcome<std::vector<std::pair<std::string, std::string>>> parameters_of(std::string_view text)
{
    std::vector<std::pair<std::string, std::string>> all;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return all;
        const auto word = text.substr(0, text.find(' '));
        const auto equals = word.find('=');
        if (equals == std::string_view::npos || !is_parameter_name(word.substr(0, equals)) ||
            all.size() >= 32)
            return fail(400, "Parameters must be at most 32 of NAME=value, with a space between them.");
        all.emplace_back(word.substr(0, equals), word.substr(equals + 1));
        text.remove_prefix(word.size());
    }
}

transport::task<command_answer> perform(command_context& at, printer::action what)
{
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return told(at, done);
}

} // namespace

transport::task<command_answer> run_move_axis(command_context& at, const arguments& given)
{
    const auto axis = axis_of(given.text("Axis").value_or(""));
    if (!axis) co_return command_answer(fail(400, "Axis must be X, Y or Z."));
    printer::action what =
        printer::move_axis{*axis, given.number("DistanceMm").value_or(0), given.number("FeedMmMin")};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_extrude(command_context& at, const arguments& given)
{
    printer::action what =
        printer::extrude_filament{static_cast<int>(given.integer("Extruder").value_or(0)),
                                  given.number("DistanceMm").value_or(0), given.number("FeedMmMin")};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_fan(command_context& at, const arguments& given)
{
    printer::action what = printer::set_fan{given.number("Percent").value_or(0) / 100};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_speed(command_context& at, const arguments& given)
{
    printer::action what = printer::set_speed{given.number("Percent").value_or(100) / 100};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_flow(command_context& at, const arguments& given)
{
    printer::action what = printer::set_flow{given.number("Percent").value_or(100) / 100};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_babystep(command_context& at, const arguments& given)
{
    printer::action what = printer::babystep{given.number("ZMm").value_or(0)};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_motors_off(command_context& at, const arguments&)
{
    printer::action what = printer::release_motors{};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_level_bed(command_context& at, const arguments&)
{
    printer::action what = printer::level_bed{};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_set_light(command_context& at, const arguments& given)
{
    printer::action what =
        printer::set_light{given.text("Name").value_or(""), given.boolean("On").value_or(false)};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_set_power(command_context& at, const arguments& given)
{
    printer::action what =
        printer::set_power{given.text("Device").value_or(""), given.boolean("On").value_or(false)};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_macro_by_name(command_context& at, const arguments& given)
{
    const auto name = given.text("Name").value_or("");
    if (!is_parameter_name(name)) co_return command_answer(fail(400, "Name must be that of a macro."));
    auto parameters = parameters_of(given.text("Parameters").value_or(""));
    if (!parameters) co_return command_answer(parameters.error());
    printer::action what = printer::run_macro{name, *std::move(parameters)};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_exclude_object(command_context& at, const arguments& given)
{
    printer::action what = printer::exclude_object{given.text("Name").value_or("")};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_answer_prompt(command_context& at, const arguments& given)
{
    printer::action what = printer::answer_prompt{static_cast<int>(given.integer("Choice").value_or(0))};
    co_return co_await perform(at, std::move(what));
}

transport::task<command_answer> run_console(command_context& at, const arguments& given)
{
    printer::action what = printer::run_gcode{given.text("Gcode").value_or("")};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return replied(at, done);
}

} // namespace layerline::commands
