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

#include <unistd.h>

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

// A file that goes with the scope.
class scratch_file {
public:
    scratch_file()
    {
        std::string name = (std::filesystem::temp_directory_path() / "layerline-XXXXXX").string();
        const int made = ::mkstemp(name.data());
        if (made < 0) return;
        ::close(made);
        path_ = name;
    }
    ~scratch_file()
    {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove(path_, ignored);
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Until the slice is over; its state, or why that is not known.
task<verdict> sliced(api& far, std::string id, stage_line& line)
{
    transport::net::steady_timer pause(co_await transport::net::this_coro::executor);
    const json nothing;
    for (int missed = 0; missed < most_missed_looks;) {
        auto said = co_await far.ask_workshop("GET", "/workshop/slices/v1/" + id, nothing);
        if (said.code == exit_code::unreachable) {
            ++missed;
        } else if (said.code != exit_code::done) {
            co_return said;
        } else {
            missed = 0;
            const auto state = text(at(said.body, "state"));
            const auto& share = at(said.body, "progress");
            line.show("slice", share.is_number() ? share.get<double>() : 0);
            if (state != "queued" && state != "running") co_return said;
        }
        pause.expires_after(between_looks);
        co_await pause.async_wait(transport::net::use_awaitable);
    }
    co_return fault(exit_code::unreachable, "The workshop cannot be reached any more. The slice " + id +
                                                " goes on there; the same command takes its result.");
}

std::string facts_of(const json& data)
{
    std::string words;
    const auto number = [&data](const char* name) {
        const auto& value = at(data, name);
        return value.is_number() ? value.get<double>() : 0.0;
    };
    if (number("time") > 0) words += duration_text(number("time"));
    if (number("amount") > 0) {
        char length[32];
        std::snprintf(length, sizeof length, "%.2f m of filament", number("amount") / 1000);
        words += (words.empty() ? "" : ", ") + std::string(length);
    }
    return words;
}

// What the steps have to say: repairs, regions that were trimmed.
void tell_notes(const json& data)
{
    const auto& steps = at(data, "steps");
    if (!steps.is_array()) return;
    for (const auto& step : steps)
        if (const auto note = text(at(step, "message")); !note.empty())
            std::fprintf(stderr, "%s: %s\n", text(at(step, "stepName")).c_str(), note.c_str());
}

json profile_wish(const command_line& asked, const std::string& model)
{
    json wish = json::object();
    wish["printer"] = asked.profile;
    wish["material"] = asked.material;
    wish["quality"] = asked.quality;
    wish["responseId"] = std::filesystem::path(asked.local).filename().string().substr(0, 128);
    auto models = json::array();
    models.push_back({{"hash", model}});
    wish["model"] = std::move(models);
    if (const auto wished = settings_from(asked.words); wished && !wished->empty())
        wish["settings"] = *wished;
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
    stage_line line(asked);
    auto uploaded = co_await far.upload_model(asked.local, line.report("send the model"));
    if (uploaded.code != exit_code::done) co_return tell_fault(asked, uploaded);
    auto wish = profile_wish(asked, text(at(uploaded.body, "fileId")));
    auto request = co_await far.ask_workshop("POST", "/workshop/slices/v1/requests", std::move(wish));
    if (request.code != exit_code::done) co_return tell_fault(asked, request);
    auto begun = co_await far.ask_workshop("POST", "/workshop/slices/v1", request.body);
    if (begun.code != exit_code::done) co_return tell_fault(asked, begun);
    const auto id = text(at(begun.body, "id"));
    auto made = co_await sliced(far, id, line);
    if (made.code != exit_code::done) co_return tell_fault(asked, made);
    const auto& data = at(made.body, "data");
    if (text(at(made.body, "state")) != "succeeded")
        co_return tell_fault(asked,
                             fault(exit_code::failed, "The model was not sliced: " + text(at(data, "msg")) +
                                                          " (" + at(made.body, "status").dump() + ")"));
    line.end();
    if (!asked.quiet && !asked.json) tell_notes(data);

    const scratch_file gcode;
    if (gcode.path().empty())
        co_return tell_fault(asked, fault(exit_code::failed, "No temporary file can be made."));
    stage_line second(asked);
    auto fetched = co_await far.save_at("/workshop/slices/v1/" + id + "/result", gcode.path(),
                                        second.report("fetch the G-code"));
    if (fetched.code != exit_code::done) co_return tell_fault(asked, fetched);
    auto name = asked.path;
    if (name.empty()) name = std::filesystem::path(asked.local).stem().string() + ".gcode";
    if (!name.starts_with("gcode/")) name = "gcode/" + name;
    auto sent = co_await far.upload(gcode.path(), name, second.report("send it to the printer"));
    second.end();
    if (sent.code != exit_code::done) co_return tell_fault(asked, sent);
    const auto facts = facts_of(data);
    const auto where =
        "Sliced and sent as " + for_terminal(name) + (facts.empty() ? "." : ": " + facts + ".");
    if (asked.no_start) co_return tell(asked, sent, where);
    if (!asked.json) std::fprintf(stderr, "%s\n", where.c_str());
    json arguments = json::object();
    arguments["Path"] = name;
    if (asked.bed_clear) arguments["BedClear"] = true;
    auto said = co_await far.call("POST", "start", std::move(arguments), asked.terms);
    co_return tell(asked, said, job_words("start", said.result));
}

} // namespace layerline::cli
