#include "cli/print_model.hpp"

#include "cli/job_view.hpp"
#include "cli/printing.hpp"
#include "cli/tell.hpp"
#include "cli/terminal.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

namespace layerline::cli {

namespace {

using nlohmann::json;
using transport::task;

constexpr std::chrono::milliseconds between_looks{500};
constexpr int most_missed_looks = 60; // half a minute without an answer

verdict fault(exit_code code, std::string text)
{
    verdict said;
    said.code = code;
    said.text = std::move(text);
    return said;
}

std::string percent(double share)
{
    char text[16];
    std::snprintf(text, sizeof text, "%3.0f %%", share * 100);
    return text;
}

// Shows what is being done; nothing with --quiet and --json.
class stage_line {
public:
    explicit stage_line(const command_line& asked)
    {
        if (!asked.quiet && !asked.json) line_ = std::make_shared<progress_line>();
    }
    void show(const std::string& stage, double share)
    {
        if (line_)
            line_->show(stage + " " + bar(share, 30) + " " + percent(share),
                        stage + std::to_string(static_cast<int>(share * 10)));
    }
    progress_report report(const std::string& stage)
    {
        if (!line_) return {};
        return [this, stage](std::uint64_t done, std::optional<std::uint64_t> all) {
            show(stage, all && *all > 0 ? static_cast<double>(done) / static_cast<double>(*all) : 0);
        };
    }
    void end() { line_.reset(); }

private:
    std::shared_ptr<progress_line> line_;
};

// How it stands once nothing more will change; or why that is not known.
task<verdict> carried(api& far, std::string id, stage_line& line)
{
    transport::net::steady_timer pause(co_await transport::net::this_coro::executor);
    json which = json::object();
    which["PrintId"] = id;
    const call_terms no_terms;
    for (int missed = 0; missed < most_missed_looks;) {
        auto said = co_await far.call("GET", "model/print/state", which, no_terms);
        if (said.code == exit_code::unreachable) {
            ++missed;
        } else if (said.code != exit_code::done) {
            co_return said;
        } else {
            missed = 0;
            const auto stage = text(at(said.result, "Stage"));
            const auto& share = at(said.result, "Progress");
            line.show(stage, share.is_number() ? share.get<double>() : 0);
            if (stage == "started" || stage == "sent" || stage == "failed" || stage == "cancelled")
                co_return said;
        }
        pause.expires_after(between_looks);
        co_await pause.async_wait(transport::net::use_awaitable);
    }
    co_return fault(exit_code::unreachable,
                    "The agent cannot be reached any more. The print " + id + " goes on there.");
}

// What the slice had to say: repairs, regions that were trimmed.
void tell_notes(const json& result)
{
    const auto& notes = at(result, "Notes");
    if (!notes.is_array()) return;
    for (const auto& note : notes)
        std::fprintf(stderr, "%s\n", text(note).c_str());
}

// A fault with the exit code that its status has as an answer of its own.
verdict failed_print(const verdict& said)
{
    const auto& why = at(said.result, "Error");
    const auto& status = at(why, "Status");
    const int number = status.is_number_integer() ? status.get<int>() : 0;
    auto code = exit_code::failed;
    // 4xx to 6xx are the Slice API's and the workshop's; 78x are the printer's.
    if (number >= 780 && number < 790) {
        json envelope = json::object();
        envelope["Status"] = number;
        code = judge(200, envelope.dump()).code;
    }
    auto told = said;
    told.code = code;
    told.text = text(at(why, "Text")) + " (" + std::to_string(number) + ")";
    return told;
}

json wish_for(const command_line& asked, const std::string& model)
{
    json wish = json::object();
    wish["FileId"] = model;
    wish["Printer"] = asked.profile;
    wish["Material"] = asked.material;
    wish["Quality"] = asked.quality;
    auto name = std::filesystem::path(asked.path);
    if (name.empty()) name = std::filesystem::path(asked.local).stem();
    // What printers take for a file to print.
    if (const auto end = name.extension(); end != ".gcode" && end != ".gco" && end != ".g") name += ".gcode";
    wish["Name"] = name.string();
    if (const auto wished = settings_from(asked.words); wished && !wished->empty())
        wish["Settings"] = *wished;
    if (asked.no_start) wish["Start"] = false;
    if (asked.bed_clear) wish["BedClear"] = true;
    return wish;
}

} // namespace

std::optional<json> settings_from(std::span<const std::string> words)
{
    auto all = json::object();
    for (const auto& word : words) {
        const auto equals = word.find('=');
        const auto dot = word.find('.');
        if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 >= equals)
            return std::nullopt;
        auto value = json::parse(word.substr(equals + 1), nullptr, false);
        if (value.is_discarded()) value = word.substr(equals + 1);
        all[word.substr(0, dot)][word.substr(dot + 1, equals - dot - 1)] = std::move(value);
    }
    return all;
}

task<exit_code> print_model(api& far, command_line asked)
{
    if (!settings_from(asked.words))
        co_return tell_fault(asked, fault(exit_code::usage, "--set takes SECTION.FIELD=VALUE, such as "
                                                            "infill.amount=40."));
    // Before a large model is sent: whether this agent has a workshop at all. There is no print of that id.
    json none = json::object();
    none["PrintId"] = "none";
    const call_terms no_terms;
    auto known = co_await far.call("GET", "model/print/state", std::move(none), no_terms);
    if (at(known.body, "Status") != 404) co_return tell_fault(asked, known);
    stage_line line(asked);
    auto uploaded = co_await far.upload_model(asked.local, line.report("send the model"));
    if (uploaded.code != exit_code::done) co_return tell_fault(asked, uploaded);
    auto wish = wish_for(asked, text(at(uploaded.body, "fileId")));
    auto begun = co_await far.call("POST", "model/print", std::move(wish), asked.terms);
    if (begun.code != exit_code::done) co_return tell_fault(asked, begun);
    const auto id = text(at(begun.result, "PrintId"));
    auto said = co_await carried(far, id, line);
    line.end();
    if (said.code != exit_code::done) co_return tell_fault(asked, said);
    if (!asked.quiet && !asked.json) tell_notes(said.result);
    const auto stage = text(at(said.result, "Stage"));
    if (stage == "failed") co_return tell_fault(asked, failed_print(said));
    if (stage == "cancelled")
        co_return tell_fault(asked, fault(exit_code::failed, "The print was cancelled before it started."));
    const auto path = for_terminal(text(at(said.result, "VirtualPath")));
    if (stage == "sent") co_return tell(asked, said, "Sliced and sent as " + path + ".");
    co_return tell(asked, said, "Sliced and sent as " + path + ". " + job_words("start", said.result));
}

} // namespace layerline::cli
