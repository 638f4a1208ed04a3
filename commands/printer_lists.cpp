// What a printer tells beside its state: power devices, macros, console lines, past jobs, the bed's mesh,
// the files of its own card. A printer that has none of it answers 788.
#include "commands/command_groups.hpp"

#include <cmath>

namespace layerline::commands {

using nlohmann::json;

namespace {

json or_null(const std::optional<double>& value)
{
    return value && std::isfinite(*value) ? json(std::round(*value * 100) / 100) : json(nullptr);
}

json or_null(const std::optional<bool>& value)
{
    return value ? json(*value) : json(nullptr);
}

json told(const printer::power_device& one)
{
    return {{"Name", one.name},
            {"Kind", one.kind},
            {"On", or_null(one.on)},
            {"Status", one.status},
            {"LockedWhilePrinting", one.locked_while_printing}};
}

json told(const printer::macro_info& one)
{
    json parameters = json::array();
    for (const auto& parameter : one.parameters)
        parameters.push_back({{"Name", parameter.name}, {"Default", parameter.standard}});
    return {{"Name", one.name}, {"Description", one.description}, {"Parameters", std::move(parameters)}};
}

json told(const printer::past_job& one)
{
    return {{"JobId", one.id},
            {"Path", one.path},
            {"Outcome", one.status},
            {"FileExists", one.file_exists},
            {"StartedTimeSec", or_null(one.started_unix)},
            {"EndedTimeSec", or_null(one.ended_unix)},
            {"PrintSec", or_null(one.print_s)},
            {"TotalSec", or_null(one.total_s)},
            {"FilamentMm", or_null(one.filament_mm)}};
}

// A list under one name, or why there is none.
template <class T>
command_answer list_of(const char* name, const printer::printer_result<std::vector<T>>& all)
{
    if (!all) return command_answer(fail(all.error()));
    json list = json::array();
    for (const auto& one : *all)
        list.push_back(told(one));
    json result = json::object();
    result[name] = std::move(list);
    return command_answer(std::move(result));
}

command_answer lines_of(const printer::printer_result<printer::console_page>& page)
{
    if (!page) return command_answer(fail(page.error()));
    const auto now = std::chrono::steady_clock::now();
    json lines = json::array();
    for (const auto& line : page->lines) {
        const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - line.heard).count();
        lines.push_back({{"Number", line.number}, {"AgeMs", age}, {"Text", line.text}});
    }
    json result{{"Newest", page->newest}, {"Missed", page->missed}};
    result["Lines"] = std::move(lines);
    return command_answer(std::move(result));
}

command_answer jobs_of(const printer::printer_result<printer::job_page>& page)
{
    if (!page) return command_answer(fail(page.error()));
    json jobs = json::array();
    for (const auto& job : page->jobs)
        jobs.push_back(told(job));
    json result{{"Total", page->total}};
    result["Jobs"] = std::move(jobs);
    return command_answer(std::move(result));
}

command_answer mesh_of(const printer::printer_result<printer::bed_mesh>& mesh)
{
    if (!mesh) return command_answer(fail(mesh.error()));
    return command_answer(json{{"Profile", mesh->profile},
                               {"MinXMm", mesh->min_x_mm},
                               {"MinYMm", mesh->min_y_mm},
                               {"MaxXMm", mesh->max_x_mm},
                               {"MaxYMm", mesh->max_y_mm},
                               {"HeightsMm", mesh->heights_mm}});
}

command_answer card_of(const printer::printer_result<printer::performed>& done, std::uint64_t first)
{
    if (!done) return command_answer(fail(done.error()));
    const auto page = done->card.value_or(printer::card_page{});
    json files = json::array();
    for (const auto& file : page.files)
        files.push_back({{"Path", file.path},
                         {"Name", file.name},
                         {"SizeBytes", file.bytes ? json(*file.bytes) : json(nullptr)}});
    json result{{"Offset", first}, {"Total", page.total}};
    result["Files"] = std::move(files);
    return command_answer(std::move(result));
}

} // namespace

transport::task<command_answer> run_power_list(command_context& at, const arguments&)
{
    co_return list_of("Devices", at.printer.extras().power_devices());
}

transport::task<command_answer> run_macro_list(command_context& at, const arguments&)
{
    co_return list_of("Macros", at.printer.extras().macros());
}

transport::task<command_answer> run_console_lines(command_context& at, const arguments& given)
{
    const auto after = static_cast<std::uint64_t>(given.integer("After").value_or(0));
    const auto most = static_cast<std::size_t>(given.integer("Limit").value_or(100));
    co_return lines_of(at.printer.extras().console(after, most));
}

transport::task<command_answer> run_history(command_context& at, const arguments& given)
{
    const auto first = static_cast<std::uint64_t>(given.integer("Offset").value_or(0));
    const auto count = static_cast<std::size_t>(given.integer("Limit").value_or(50));
    const auto page = co_await at.printer.extras().history(first, count);
    co_return jobs_of(page);
}

transport::task<command_answer> run_card_list(command_context& at, const arguments& given)
{
    const auto first = static_cast<std::uint64_t>(given.integer("Offset").value_or(0));
    printer::action what = printer::list_card{first};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return card_of(done, first);
}

transport::task<command_answer> run_bed_mesh(command_context& at, const arguments&)
{
    const auto mesh = co_await at.printer.extras().mesh();
    co_return mesh_of(mesh);
}

} // namespace layerline::commands
