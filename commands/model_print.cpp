#include "commands/model_print.hpp"

#include "commands/printer_limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr std::size_t longest_slice_id = 64;

std::string text_in(const json& from, const char* name)
{
    if (!from.is_object()) return {};
    const auto found = from.find(name);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

bool is_slice_id(std::string_view text)
{
    return !text.empty() && text.size() <= longest_slice_id &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_';
           });
}

std::string_view name_of(print_stage stage)
{
    constexpr std::array<std::string_view, 8> names{"requested", "slicing", "sending", "starting",
                                                    "started",   "sent",    "failed",  "cancelled"};
    return names.at(static_cast<std::size_t>(stage));
}

model_print::model_print(std::string id, model_wish wish) : id_(std::move(id)), wish_(std::move(wish)) {}

std::string model_print::profile_request() const
{
    auto model = json::object();
    model["hash"] = wish_.file_id;
    auto asked = json::object();
    asked["printer"] = wish_.printer;
    asked["material"] = wish_.material;
    asked["quality"] = wish_.quality;
    asked["mode"] = "gcode";
    asked["responseId"] = id_;
    asked["model"] = json::array();
    asked["model"].push_back(std::move(model));
    auto settings = json::parse(wish_.settings, nullptr, false);
    if (settings.is_object() && !settings.empty()) asked["settings"] = std::move(settings);
    return asked.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> model_print::request_made(unsigned http, std::string_view body,
                                                     const printer::link_capabilities& can)
{
    if (over()) return std::nullopt;
    auto answer = json::parse(body, nullptr, false);
    if (http != 200 || !answer.is_object() || !answer.contains("data") || !answer["data"].is_object()) {
        refused(http, answer);
        return std::nullopt;
    }
    for (auto& one : keep_within(answer["data"], can))
        note(std::move(one));
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool model_print::slice_begun(unsigned http, std::string_view body)
{
    const auto answer = json::parse(body, nullptr, false);
    auto id = text_in(answer, "id");
    if (http != 202 || !is_slice_id(id)) {
        refused(http, answer);
        return false;
    }
    slice_ = std::move(id); // even of a cancelled one, so that it can be deleted
    if (over()) return false;
    enter(print_stage::slicing);
    return true;
}

bool model_print::slice_told(unsigned http, std::string_view body)
{
    if (over()) return true;
    const auto answer = json::parse(body, nullptr, false);
    const auto state = text_in(answer, "state");
    if (http != 200 || state.empty()) {
        refused(http, answer);
        return true;
    }
    if (state == "queued" || state == "running") {
        const auto found = answer.find("progress");
        if (found != answer.end() && found->is_number())
            share_ = std::max(share_, std::clamp(found->get<double>(), 0.0, 1.0));
        return false;
    }
    const auto data = answer.find("data");
    if (data != answer.end() && data->is_object()) {
        const auto steps = data->find("steps");
        if (steps != data->end() && steps->is_array())
            for (const auto& step : *steps)
                if (auto words = text_in(step, "message"); !words.empty())
                    note(text_in(step, "stepName") + ": " + words);
    }
    if (state == "succeeded")
        enter(print_stage::sending);
    else if (state == "cancelled")
        fail(409, "The slice was cancelled in the workshop.");
    else
        refused(http, answer);
    return true;
}

bool model_print::result_opened(unsigned http, std::optional<std::uint64_t> bytes, std::uint64_t most_bytes)
{
    if (over()) return false;
    if (http != 200) {
        fail(static_cast<int>(http), "The workshop does not give the G-code (HTTP " + std::to_string(http) +
                                         "); print the model again.");
        return false;
    }
    if (bytes && *bytes > most_bytes) {
        fail(413, "The G-code has " + std::to_string(*bytes) + " bytes; the printer's store takes at most " +
                      std::to_string(most_bytes) + ".");
        return false;
    }
    bytes_ = bytes;
    return true;
}

void model_print::sending(std::uint64_t done)
{
    if (stage_ == print_stage::sending && bytes_ && *bytes_ > 0)
        share_ = std::min(1.0, static_cast<double>(done) / static_cast<double>(*bytes_));
}

bool model_print::stored()
{
    if (over()) return false;
    enter(wish_.start ? print_stage::starting : print_stage::sent);
    return wish_.start;
}

void model_print::started(std::string job)
{
    if (over()) return;
    job_ = std::move(job);
    enter(print_stage::started);
}

void model_print::fail(int status, std::string text)
{
    if (over()) return;
    fault_ = print_fault{status, std::move(text)};
    stage_ = print_stage::failed; // the progress stays where it ended
}

std::optional<std::string> model_print::cancel()
{
    if (stage_ == print_stage::started) return "It is printing already; use cancel.";
    if (stage_ == print_stage::starting) return "It is being started; use cancel once it prints.";
    if (stage_ == print_stage::cancelled) return std::nullopt;
    if (over()) return "It is over: " + std::string(name_of(stage_)) + ".";
    stage_ = print_stage::cancelled;
    return std::nullopt;
}

bool model_print::over() const
{
    return stage_ >= print_stage::started;
}

json model_print::told() const
{
    auto all = json::object();
    all["PrintId"] = id_;
    all["Stage"] = name_of(stage_);
    all["Progress"] = share_;
    all["VirtualPath"] = wish_.path;
    all["SliceId"] = slice_.empty() ? json(nullptr) : json(slice_);
    all["JobId"] = job_.empty() ? json(nullptr) : json(job_);
    all["Notes"] = notes_;
    all["Error"] = nullptr;
    if (fault_) {
        all["Error"] = json::object();
        all["Error"]["Status"] = fault_->status;
        all["Error"]["Text"] = fault_->text;
    }
    return all;
}

// {"status":602,"data":{"msg":…}} is a slice's own; a missing scope or a full service say it otherwise.
void model_print::refused(unsigned http, const json& answer)
{
    int status = static_cast<int>(http);
    std::string words;
    if (answer.is_object()) {
        const auto found = answer.find("status");
        if (found != answer.end() && found->is_number_integer()) status = found->get<int>();
        const auto data = answer.find("data");
        if (data != answer.end()) words = text_in(*data, "msg");
    }
    if (words.empty()) words = "The workshop gave no reason (HTTP " + std::to_string(http) + ").";
    fail(status, "The model was not sliced: " + words);
}

void model_print::note(std::string text)
{
    if (notes_.size() >= max_print_notes) return;
    if (text.size() > max_print_note_bytes) text.resize(max_print_note_bytes);
    notes_.push_back(std::move(text));
}

void model_print::enter(print_stage next)
{
    stage_ = next;
    share_ = next == print_stage::started || next == print_stage::sent ? 1 : 0;
}

} // namespace layerline::commands
