// The routes of OctoPrint's REST API that slicers use, and their answers.
#include "commands/octoprint_api.hpp"

#include "commands/command_groups.hpp"
#include "commands/form_data.hpp"
#include "commands/octoprint_state.hpp"
#include "commands/virtual_path.hpp"
#include "transport/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace layerline::commands {

using nlohmann::json;
namespace net = transport::net;

namespace {

constexpr std::size_t part_bytes = std::size_t{64} * 1024;
constexpr std::size_t max_field = 1024; // bytes of a form's field that is no file
constexpr std::size_t max_command = std::size_t{16} * 1024;

// A form as it comes in; while its file is read, the file's bytes as a body.
class form_intake final : public transport::body_source {
public:
    form_intake(std::shared_ptr<transport::body_source> body, const std::string& boundary,
                std::uint64_t limit)
        : body_(std::move(body)), reader_(boundary), limit_(limit), buffer_(part_bytes)
    {
    }

    // The next step of the form; need_more never, fault also for a body that broke off.
    transport::task<form_step> next()
    {
        for (;;) {
            const auto step = reader_.next();
            if (step != form_step::need_more) co_return step;
            const auto got = co_await body_->read_some(net::buffer(buffer_));
            if (!got || *got == 0) {
                why_ = got ? "The form breaks off." : "The upload broke off: " + got.error().message() + ".";
                co_return form_step::fault;
            }
            reader_.push({buffer_.data(), *got});
        }
    }
    const form_part& part() const { return reader_.part(); }
    std::string_view content() const { return reader_.content(); }
    std::string why() const { return why_.empty() ? std::string(reader_.fault()) : why_; }
    bool over_limit() const { return given_ > limit_; }

    transport::task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (left_.empty()) {
            if (file_over_) co_return std::size_t{0};
            const auto step = co_await next();
            if (step == form_step::part_end) {
                file_over_ = true;
                co_return std::size_t{0};
            }
            if (step != form_step::content) co_return make_error_code(transport::errc::malformed);
            left_ = content();
            given_ += left_.size();
            if (over_limit()) co_return make_error_code(transport::errc::too_large);
        }
        const auto count = net::buffer_copy(into, net::buffer(left_));
        left_.remove_prefix(count);
        co_return count;
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }
    // Past the last boundary comes nothing that matters; read, so that the connection can go on.
    transport::task<void> drain()
    {
        for (std::size_t total = 0; total < part_bytes;) {
            const auto got = co_await body_->read_some(net::buffer(buffer_));
            if (!got || *got == 0) co_return;
            total += *got;
        }
    }

private:
    std::shared_ptr<transport::body_source> body_;
    form_reader reader_;
    std::uint64_t limit_, given_ = 0;
    std::vector<char> buffer_;
    std::string_view left_; // of the file's content
    bool file_over_ = false;
    std::string why_;
};

std::string last_name(std::string_view name)
{
    const auto slash = name.find_last_of("/\\");
    return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

bool is_true(std::string_view text)
{
    return text == "true" || text == "True" || text == "1" || text == "yes" || text == "on";
}

// "a/b" and a name as a virtual path, or what is wrong with it.
std::variant<std::string, std::string> stored_as(std::string_view folder, std::string_view name)
{
    while (folder.starts_with('/'))
        folder.remove_prefix(1);
    while (folder.ends_with('/'))
        folder.remove_suffix(1);
    std::string path = "gcode/";
    if (!folder.empty()) path.append(folder) += '/';
    path += name;
    auto good = parse_virtual_path(path);
    if (const auto* fault = std::get_if<std::string>(&good))
        return std::variant<std::string, std::string>(std::in_place_index<1>, *fault);
    return std::variant<std::string, std::string>(std::in_place_index<0>, std::move(path));
}

json location(const std::string& virtual_path)
{
    const auto path = virtual_path.substr(virtual_path.find('/') + 1);
    return {{"name", last_name(path)}, {"display", last_name(path)}, {"path", path}, {"origin", "local"}};
}

json uploaded(const std::string& path, bool printing)
{
    json told{{"done", true}, {"effectivePrint", printing}, {"effectiveSelect", printing}};
    told["files"]["local"] = location(path);
    return told;
}

json signed_in(const caller& who)
{
    return {{"name", who.name.empty() ? who.principal : who.name},
            {"active", true},
            {"user", true},
            {"admin", false},
            {"groups", json::array({"users"})},
            {"_is_external_client", true}};
}

json settings_told()
{
    json told = json::object();
    told["feature"] = {{"sdSupport", false}};
    told["webcam"] = {{"webcamEnabled", false}, {"streamUrl", nullptr}};
    told["plugins"] = json::object();
    return told;
}

} // namespace

struct octoprint_api::answer {
    unsigned status = 204;
    json body = nullptr; // null: none

    answer() = default;
    answer(unsigned s, json b) : status(s), body(std::move(b)) {}
    // OctoPrint's form of an error.
    static answer failed(unsigned status, std::string why)
    {
        json told = json::object();
        told["error"] = std::move(why);
        return {status, std::move(told)};
    }
    static answer failed(const printer::printer_failure& why)
    {
        const auto known = fail(why);
        // 785 and its kin are no HTTP codes: the printer is not in a state for it.
        const auto status =
            known.status >= 400 && known.status < 600 ? static_cast<unsigned>(known.status) : 409U;
        return failed(status, known.error);
    }
    static answer missing_scope(std::string_view scope)
    {
        return failed(403, "This token lacks the scope \"" + std::string(scope) + "\".");
    }
};

transport::task<octoprint_api::answer> octoprint_api::perform(printer::action what, const caller& who)
{
    if (!who.scopes.has(access::scope::control)) co_return answer::missing_scope("control");
    printer::terms how;
    how.principal = who.principal;
    how.principal_name = who.name;
    how.peer = who.peer;
    const auto done = co_await printer_.perform(std::move(what), std::move(how));
    if (!done && done.error().code != printer::printer_errc::repeated) co_return answer::failed(done.error());
    co_return answer();
}

transport::task<octoprint_api::answer> octoprint_api::upload(transport::exchange& call, const caller& who)
{
    if (!who.scopes.has(access::scope::files)) co_return answer::missing_scope("files");
    const auto boundary = form_boundary(call.request().headers.find("content-type").value_or(""));
    if (!boundary) co_return answer::failed(415, "An upload is a multipart/form-data form with a file.");
    const auto limit = files_.max_file_bytes();
    if (call.body()->remaining().value_or(0) > limit + max_command)
        co_return answer::failed(413, "The file is larger than " + std::to_string(limit) + " bytes.");
    const auto form = std::make_shared<form_intake>(call.body(), *boundary, limit);
    std::string folder, path, field;
    bool print = false;
    for (;;) {
        const auto step = co_await form->next();
        if (step == form_step::fault) co_return answer::failed(400, form->why());
        if (step == form_step::end) break;
        if (step == form_step::content) {
            if (field.size() + form->content().size() > max_field)
                co_return answer::failed(400, "The field \"" + form->part().name.substr(0, 64) +
                                                  "\" is too long.");
            field += form->content();
        } else if (step == form_step::part_end) {
            const auto& name = form->part().name;
            if (name == "print") print = is_true(field);
            if (name == "path" && !path.empty() && !field.empty())
                co_return answer::failed(400, "\"path\" must stand before the file.");
            if (name == "path") folder = field;
            field.clear();
        } else if (form->part().filename) {
            if (!path.empty()) co_return answer::failed(400, "The form holds more than one file.");
            auto good = stored_as(folder, last_name(*form->part().filename));
            if (const auto* fault = std::get_if<1>(&good))
                co_return answer::failed(400, "The name " + *fault + ".");
            path = std::get<0>(std::move(good));
            if (!has_gcode_name(path))
                co_return answer::failed(415, "Only .gcode, .gco and .g files are printed here.");
            if (is_in_use(printer_.state(), path))
                co_return answer::failed(409, "A file of that name is being printed; it is kept as it is.");
            const auto written = co_await files_.write(path, form);
            if (form->over_limit())
                co_return answer::failed(413, "The file is larger than " + std::to_string(limit) + " bytes.");
            if (!written && !form->why().empty()) co_return answer::failed(400, form->why());
            if (!written) co_return answer::failed(written.error());
        }
    }
    co_await form->drain();
    if (path.empty()) co_return answer::failed(400, "There is no file in the form.");
    if (print) {
        printer::action start = printer::start_job{path, false};
        auto begun = co_await perform(std::move(start), who);
        if (begun.status != 204) {
            auto& why = begun.body["error"];
            why = "The file is stored, but it is not printed: " + why.get<std::string>();
            co_return begun;
        }
    }
    co_return answer(201, uploaded(path, print));
}

transport::task<octoprint_api::answer> octoprint_api::listed()
{
    const auto root = co_await files_.list("gcode");
    if (!root) co_return answer::failed(root.error());
    json told = json::object();
    told["files"] = json::array();
    for (const auto& node : root->children)
        told["files"].push_back(octoprint::entry(node));
    co_return answer(200, std::move(told));
}

transport::task<octoprint_api::answer> octoprint_api::job_command(transport::exchange& call,
                                                                  const caller& who)
{
    const auto text = co_await transport::read_all(*call.body(), max_command);
    const auto asked = text ? json::parse(*text, nullptr, false) : json();
    if (!asked.is_object()) co_return answer::failed(400, "A command is a JSON object.");
    const auto command = asked.value("command", json()), how = asked.value("action", json("toggle"));
    printer::action what = printer::cancel_job{};
    if (command == "pause") {
        const bool paused = printer_.state().now == printer::phase::paused;
        if (how == "resume" || (how == "toggle" && paused))
            what = printer::resume_job{};
        else
            what = printer::pause_job{};
    } else if (command == "start" || command == "restart") {
        const auto state = printer_.state();
        if (!state.job || state.job->path.empty()) co_return answer::failed(409, "No file was chosen.");
        what = printer::start_job{state.job->path, false};
    } else if (command != "cancel") {
        co_return answer::failed(400, "The command is none of start, pause, cancel.");
    }
    co_return co_await perform(std::move(what), who);
}

// POST /api/files/local/<path> {"command":"select","print":true}
transport::task<octoprint_api::answer> octoprint_api::file_command(transport::exchange& call,
                                                                   const caller& who, std::string path)
{
    const auto text = co_await transport::read_all(*call.body(), max_command);
    const auto asked = text ? json::parse(*text, nullptr, false) : json();
    if (!asked.is_object() || asked.value("command", json()) != "select")
        co_return answer::failed(400, "The command is not \"select\".");
    auto good = stored_as({}, path);
    if (std::get_if<1>(&good)) co_return answer::failed(404, "There is no such file.");
    const auto node = co_await files_.stat(std::get<0>(good));
    if (!node) co_return answer::failed(node.error());
    if (asked.value("print", json(false)) != true) co_return answer();
    printer::action start = printer::start_job{std::get<0>(good), false};
    co_return co_await perform(std::move(start), who);
}

transport::task<octoprint_api::answer> octoprint_api::answered(transport::exchange& call, const caller& who,
                                                               const std::string& path)
{
    const auto& method = call.request().method;
    const bool reads = method == "GET" || method == "HEAD", posts = method == "POST";
    if (!who.scopes.has(access::scope::view)) co_return answer::missing_scope("view");
    if (posts && path == "files/local") co_return co_await upload(call, who);
    if (posts && path == "job") co_return co_await job_command(call, who);
    if (posts && path.starts_with("files/local/"))
        co_return co_await file_command(call, who, path.substr(12));
    if (posts && path == "login") co_return answer(200, signed_in(who));
    if (!reads) co_return answer::failed(405, "This is not called with " + method + ".");
    json told = json::object();
    if (path == "version") {
        told["api"] = "0.1";
        told["server"] = facts_.version;
        told["text"] = "OctoPrint (Layerline " + facts_.version + ")";
    } else if (path == "server") {
        told["version"] = facts_.version;
        told["safemode"] = nullptr;
    } else if (path == "files" || path == "files/local") {
        co_return co_await listed();
    } else if (path == "job") {
        told = octoprint::job(printer_.state());
    } else if (path == "printer") {
        const auto state = printer_.state();
        if (!octoprint::is_operational(state)) co_return answer::failed(409, "Printer is not operational");
        told = octoprint::printer(state);
    } else if (path == "connection") {
        told["current"]["state"] = octoprint::state_text(printer_.state());
        told["options"] = json::object();
    } else if (path == "settings") {
        told = settings_told();
    } else if (path == "currentuser") {
        told = signed_in(who);
    } else {
        co_return answer::failed(404, "There is no such call here.");
    }
    co_return answer(200, std::move(told));
}

transport::task<void> octoprint_api::serve(transport::exchange& call, caller who, std::string path)
{
    const auto said = co_await answered(call, who, path);
    transport::response_head head;
    head.status = said.status;
    head.headers.set("cache-control", "no-store");
    head.headers.set("x-content-type-options", "nosniff");
    std::string body;
    if (said.status != 204) {
        head.headers.set("content-type", "application/json");
        body = said.body.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    if (call.request().method == "HEAD") {
        head.headers.set("content-length", std::to_string(body.size()));
        if (const auto begun = co_await call.respond(std::move(head))) (void)co_await call.finish();
        co_return;
    }
    (void)co_await transport::respond_with(call, std::move(head), std::move(body));
}

} // namespace layerline::commands
