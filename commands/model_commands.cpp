// model/print…: a model of the workshop, sliced by profiles and printed, in one call.
#include "commands/command_groups.hpp"
#include "commands/model_printer.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::commands {

namespace {

failure no_workshop()
{
    return fail(788, "This agent has no workshop: name its socket in agent.toml under [workshop].");
}

// The row of the table asks for one scope; the file that is written needs the other.
failure no_files_scope()
{
    return fail(403, "This needs the scope \"files\" beside \"control\", which the token does not have.");
}

command_answer answered(outcome<nlohmann::json> said)
{
    if (!said) return command_answer(said.error());
    return command_answer(std::move(*said));
}

outcome<std::string> path_of(const arguments& given, const std::string& file)
{
    auto name = given.text("Name").value_or(file + ".gcode");
    if (!name.starts_with("gcode/")) name = "gcode/" + name;
    const auto parsed = parse_virtual_path(name);
    if (const auto* fault = std::get_if<std::string>(&parsed)) return fail(400, "Name " + *fault + ".");
    auto path = std::get<virtual_path>(parsed).text();
    if (!has_gcode_name(path)) return fail(400, "Name must end in .gcode, .gco or .g.");
    return path;
}

} // namespace

transport::task<command_answer> run_model_print(command_context& at, const arguments& given)
{
    if (!at.who.scopes.has(access::scope::files)) co_return command_answer(no_files_scope());
    if (at.models == nullptr) co_return command_answer(no_workshop());
    model_wish wish;
    wish.file_id = given.text("FileId").value_or("");
    auto path = path_of(given, wish.file_id);
    if (!path) co_return command_answer(path.error());
    wish.path = std::move(*path);
    wish.printer = given.text("Printer").value_or("");
    wish.material = given.text("Material").value_or("");
    wish.quality = given.text("Quality").value_or("");
    wish.settings = given.text("Settings").value_or("");
    wish.start = given.boolean("Start").value_or(true);
    wish.bed_clear = given.boolean("BedClear").value_or(false);
    co_return answered(at.models->begin(std::move(wish), at.who, at.terms));
}

transport::task<command_answer> run_model_print_state(command_context& at, const arguments& given)
{
    if (at.models == nullptr) co_return command_answer(no_workshop());
    co_return answered(at.models->look(given.text("PrintId").value_or(""), at.who));
}

transport::task<command_answer> run_model_print_cancel(command_context& at, const arguments& given)
{
    if (at.models == nullptr) co_return command_answer(no_workshop());
    co_return answered(at.models->cancel(given.text("PrintId").value_or(""), at.who));
}

} // namespace layerline::commands
