#include "cli/api.hpp"

#include "cli/file_body.hpp"
#include "cli/file_digest.hpp"
#include "cli/upload_plan.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

namespace layerline::cli {

namespace {

constexpr std::size_t max_answer = 8UL * 1024 * 1024;
constexpr std::chrono::seconds default_time{30};
constexpr std::chrono::seconds upload_patience{120};

transport::client_options options_of(const settings& where)
{
    transport::client_options options;
    options.ca_file = where.ca_file;
    options.allow_insecure = where.allow_insecure;
    return options;
}

std::string query_of(const nlohmann::json& arguments)
{
    std::string query;
    for (const auto& [name, value] : arguments.items()) {
        query += query.empty() ? '?' : '&';
        query += percent_encoded(name) + '=';
        query += percent_encoded(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return query;
}

verdict local_fault(std::string text)
{
    verdict said;
    said.code = exit_code::usage;
    said.text = std::move(text);
    return said;
}

transport::task<verdict> judged(transport::response answer)
{
    auto text = co_await transport::read_all(*answer.body, max_answer);
    if (!text) {
        verdict said;
        said.code = exit_code::unreachable;
        said.text = "The answer broke off: " + text.error().message() + ".";
        co_return said;
    }
    co_return judge(answer.head.status, *text);
}

} // namespace

std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
        if (plain) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[byte >> 4U];
            encoded += digits[byte & 15U];
        }
    }
    return encoded;
}

api::api(transport::net::io_context& context, const settings& where)
    : far_(transport::make_http_client(context, where.base(), options_of(where))), where_(where)
{
}

transport::request_head api::head_for(std::string method, std::string command) const
{
    return head_at(std::move(method), "/plugin-api/v1/" + std::move(command));
}

transport::request_head api::head_at(std::string method, std::string target) const
{
    transport::request_head head;
    head.method = std::move(method);
    head.target = std::move(target);
    if (!where_.token.empty()) head.headers.set("authorization", "Bearer " + where_.token);
    return head;
}

verdict api::unreachable(const transport::error_code& why) const
{
    verdict said;
    said.code = why == transport::errc::timed_out ? exit_code::not_in_time : exit_code::unreachable;
    said.text = where_.url + ": " + why.message() + ".";
    for (const auto& row : transport::error_table())
        if (why == row.code && !row.advice.empty()) said.text += " " + std::string(row.advice);
    return said;
}

transport::task<verdict> api::call(std::string method, std::string command, nlohmann::json arguments,
                                   call_terms terms)
{
    auto head = head_for(std::move(method), std::move(command));
    head.deadline = transport::clock::now() + terms.time.value_or(default_time);
    if (!terms.expected_state.empty()) head.headers.set("x-layerline-expect-state", terms.expected_state);
    if (!terms.expected_job.empty()) head.headers.set("x-layerline-expect-job", terms.expected_job);
    if (!terms.key.empty()) head.headers.set("idempotency-key", terms.key);
    std::shared_ptr<transport::body_source> body;
    if (head.method == "GET") {
        head.target += query_of(arguments);
    } else if (!arguments.is_null()) {
        auto text = arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        head.headers.set("content-type", "application/json");
        head.headers.set("content-length", std::to_string(text.size()));
        body = transport::make_body(std::move(text));
    }
    auto answer = co_await far_->send(std::move(head), std::move(body));
    if (!answer) co_return unreachable(answer.error());
    co_return co_await judged(std::move(*answer));
}

transport::task<verdict> api::send_file(std::string method, std::string command, std::filesystem::path file,
                                        std::uint64_t from, progress_report report)
{
    auto body = open_file_body(file, std::move(report), from);
    if (!body)
        co_return local_fault(file.string() + ": " +
                              std::error_code(errno, std::generic_category()).message());
    auto head = head_for(std::move(method), std::move(command));
    head.headers.set("content-type", "application/octet-stream");
    head.headers.set("content-length", std::to_string(*body->remaining()));
    auto answer = co_await far_->send(std::move(head), std::move(body));
    if (!answer) co_return unreachable(answer.error());
    co_return co_await judged(std::move(*answer));
}

transport::task<verdict> api::upload(std::filesystem::path file, std::string path, progress_report report)
{
    std::error_code fault;
    const auto bytes = std::filesystem::file_size(file, fault);
    if (fault) co_return local_fault(file.string() + ": " + fault.message());
    const auto digest = sha256_of_file(file);
    if (!digest) co_return local_fault(file.string() + ": cannot be read to its end");
    nlohmann::json wish = nlohmann::json::object();
    wish["Path"] = path;
    wish["Bytes"] = bytes;
    wish["Sha256"] = *digest;
    upload_plan plan(bytes, upload_patience);
    const progress_report silent;
    transport::net::steady_timer pause(co_await transport::net::this_coro::executor);
    for (;;) {
        verdict said;
        nlohmann::json named = nlohmann::json::object();
        named["UploadId"] = plan.id();
        call_terms terms;
        switch (plan.next()) {
        case upload_step::create:
            if (bytes == 0)
                said =
                    co_await send_file("PUT", "files/upload?path=" + percent_encoded(path), file, 0, silent);
            else
                said = co_await call("POST", "files/upload/create", wish, terms);
            if (bytes == 0) co_return said; // which the agent refuses in its own words
            break;
        case upload_step::send:
            said = co_await send_file("PATCH",
                                      "files/upload/part?uploadid=" + plan.id() +
                                          "&offset=" + std::to_string(plan.offset()),
                                      file, plan.offset(), report);
            break;
        case upload_step::commit:
            said = co_await call("POST", "files/upload/commit", std::move(named), terms);
            break;
        case upload_step::look:
            pause.expires_after(plan.delay());
            co_await pause.async_wait(transport::net::use_awaitable);
            said = co_await call("GET", "files/upload/state", std::move(named), terms);
            break;
        case upload_step::whole:
            said = co_await send_file("PUT", "files/upload?path=" + percent_encoded(path), file, 0, report);
            break;
        case upload_step::end:
            co_return plan.said();
        }
        plan.answered(std::move(said), std::chrono::steady_clock::now());
    }
}

transport::task<verdict> api::download(std::string path, std::filesystem::path into, progress_report report)
{
    auto command = "files/download?path=" + percent_encoded(path);
    co_return co_await save(std::move(command), std::move(into), std::move(report));
}

transport::task<verdict> api::save(std::string command, std::filesystem::path into, progress_report report)
{
    auto target = "/plugin-api/v1/" + std::move(command);
    co_return co_await save_at(std::move(target), std::move(into), std::move(report));
}

transport::task<verdict> api::ask_workshop(std::string method, std::string target, nlohmann::json body)
{
    auto head = head_at(std::move(method), std::move(target));
    head.deadline = transport::clock::now() + default_time;
    std::shared_ptr<transport::body_source> sent;
    if (!body.is_null()) {
        auto text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        head.headers.set("content-type", "application/json");
        head.headers.set("content-length", std::to_string(text.size()));
        sent = transport::make_body(std::move(text));
    }
    auto answer = co_await far_->send(std::move(head), std::move(sent));
    if (!answer) co_return unreachable(answer.error());
    auto text = co_await transport::read_all(*answer->body, max_answer);
    if (!text) co_return unreachable(text.error());
    co_return judge_workshop(answer->head.status, *text);
}

transport::task<verdict> api::upload_model(std::filesystem::path file, progress_report report)
{
    auto body = open_file_body(file, std::move(report));
    if (!body)
        co_return local_fault(file.string() + ": " +
                              std::error_code(errno, std::generic_category()).message());
    auto head =
        head_at("POST", "/workshop/models/v1/files?name=" + percent_encoded(file.filename().string()));
    head.headers.set("content-type", "application/octet-stream");
    head.headers.set("content-length", std::to_string(*body->remaining()));
    auto answer = co_await far_->send(std::move(head), std::move(body));
    if (!answer) co_return unreachable(answer.error());
    auto text = co_await transport::read_all(*answer->body, max_answer);
    if (!text) co_return unreachable(text.error());
    co_return judge_workshop(answer->head.status, *text);
}

transport::task<verdict> api::save_at(std::string target, std::filesystem::path into, progress_report report)
{
    auto head = head_at("GET", std::move(target));
    auto answer = co_await far_->send(std::move(head), nullptr);
    if (!answer) co_return unreachable(answer.error());
    if (answer->head.status != 200) co_return co_await judged(std::move(*answer));

    const bool to_stdout = into == "-";
    const auto temporary = std::filesystem::path(into.string() + ".part");
    std::ofstream file;
    if (!to_stdout) file.open(temporary, std::ios::binary | std::ios::trunc);
    auto& out = to_stdout ? static_cast<std::ostream&>(std::cout) : file;
    const auto all = answer->body->remaining();
    std::uint64_t done = 0;
    std::array<char, 32UL * 1024> part{};
    std::string fault;
    while (fault.empty()) {
        auto count = co_await answer->body->read_some(transport::net::buffer(part));
        if (!count) {
            fault = "The download broke off: " + count.error().message() + ".";
        } else if (*count == 0) {
            break;
        } else if (!out.write(part.data(), static_cast<std::streamsize>(*count))) {
            fault = into.string() + ": cannot be written";
        } else {
            done += *count;
            if (report) report(done, all);
        }
    }
    out.flush();
    if (fault.empty() && !out) fault = into.string() + ": cannot be written";
    std::error_code ignored;
    if (!fault.empty()) {
        if (!to_stdout) std::filesystem::remove(temporary, ignored);
        auto said = local_fault(fault);
        said.code = exit_code::failed;
        co_return said;
    }
    if (!to_stdout) {
        file.close();
        std::filesystem::rename(temporary, into, ignored);
        if (ignored) co_return local_fault(into.string() + ": " + ignored.message());
    }
    verdict said;
    said.result = nlohmann::json::object();
    said.result["SizeBytes"] = done;
    co_return said;
}

transport::task<std::variant<transport::response, verdict>> api::events(std::string last_id)
{
    auto head = head_for("GET", "events");
    head.headers.set("accept", "text/event-stream");
    if (!last_id.empty()) head.headers.set("last-event-id", std::move(last_id));
    auto answer = co_await far_->send(std::move(head), nullptr);
    if (!answer) co_return unreachable(answer.error());
    const auto kind = answer->head.headers.find("content-type").value_or("");
    if (answer->head.status == 200 && kind.starts_with("text/event-stream")) co_return std::move(*answer);
    co_return co_await judged(std::move(*answer));
}

} // namespace layerline::cli
