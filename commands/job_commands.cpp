// pause, resume, cancel, start, bed-clear: what changes a job.
#include "commands/command_groups.hpp"
#include "commands/virtual_path.hpp"

namespace layerline::commands {

using nlohmann::json;
using printer::phase;

namespace {

json told(command_context& at, const printer::performed& done)
{
    const auto state = at.printer.state();
    json job = nullptr;
    if (done.job_id)
        job = *done.job_id;
    else if (state.job)
        job = state.job->id;
    return {{"JobId", std::move(job)},
            {"Phase", printer::name_of(state.now)},
            {"Note", done.note.empty() ? json(nullptr) : json(done.note)},
            {"Repeated", done.repeated}};
}

// A link may tell a known key as `repeated` too: that is a success which did nothing.
command_answer answered(command_context& at, const printer::printer_result<printer::performed>& done)
{
    if (done) return command_answer(told(at, *done));
    if (done.error().code != printer::printer_errc::repeated) return command_answer(fail(done.error()));
    return command_answer(told(at, printer::performed{std::nullopt, done.error().detail, true}));
}

// The path of a file of the printer's own card, whose names are its firmware's: not virtual paths.
std::optional<std::string> card_path(const arguments& given)
{
    auto path = given.text("Path");
    if (!path || !path->starts_with(printer::card_root)) return std::nullopt;
    return path;
}

} // namespace

outcome<std::string> good_path(const arguments& given, std::string_view name)
{
    const auto path = given.text(name);
    if (!path) return fail(400, std::string(name) + " is missing.");
    const auto parsed = parse_virtual_path(*path);
    if (const auto* fault = std::get_if<std::string>(&parsed))
        return fail(400, std::string(name) + " " + *fault + ".");
    return std::get<virtual_path>(parsed).text();
}

transport::task<command_answer> run_pause(command_context& at, const arguments& given)
{
    printer::action what = printer::pause_job{given.boolean("Park").value_or(true)};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return answered(at, done);
}

transport::task<command_answer> run_resume(command_context& at, const arguments&)
{
    printer::action what = printer::resume_job{};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return answered(at, done);
}

transport::task<command_answer> run_cancel(command_context& at, const arguments&)
{
    printer::action what = printer::cancel_job{};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    co_return answered(at, done);
}

transport::task<command_answer> run_start(command_context& at, const arguments& given)
{
    if (const auto of_card = card_path(given)) {
        if (!printer::good_card_name(std::string_view(*of_card).substr(printer::card_root.size())))
            co_return command_answer(fail(400, "Path must be one that card/list tells."));
        printer::action what = printer::start_job{*of_card, given.boolean("BedClear").value_or(false)};
        const auto done = co_await at.printer.perform(std::move(what), at.terms);
        auto answer = answered(at, done);
        if (!answer.why) {
            answer.result["VirtualPath"] = *of_card;
            answer.result["PlatformPath"] = of_card->substr(printer::card_root.size());
        }
        co_return answer;
    }
    const auto path = good_path(given, "Path");
    if (!path) co_return command_answer(path.error());
    if (!has_gcode_name(*path))
        co_return command_answer(fail(400, "Path must name a .gcode, .gco or .g file."));
    const auto file = co_await at.files.stat(*path);
    if (!file) co_return command_answer(fail(file.error()));
    if (file->folder) co_return command_answer(fail(400, "Path names a folder, not a file."));
    printer::action what = printer::start_job{*path, given.boolean("BedClear").value_or(false)};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    auto answer = answered(at, done);
    if (!answer.why) {
        answer.result["VirtualPath"] = *path;
        answer.result["PlatformPath"] = path->substr(path->find('/') + 1);
    }
    co_return answer;
}

transport::task<command_answer> run_bed_clear(command_context& at, const arguments&)
{
    printer::action what = printer::confirm_bed_clear{};
    const auto done = co_await at.printer.perform(std::move(what), at.terms);
    auto answer = answered(at, done);
    if (!answer.why) answer.result["BedClear"] = true;
    co_return answer;
}

} // namespace layerline::commands
