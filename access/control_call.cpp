#include "access/control_call.hpp"

#include "transport/exchange.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <exception>
#include <optional>

namespace layerline::access {

namespace {

constexpr std::size_t max_answer = 4UL * 1024 * 1024;
constexpr std::chrono::seconds patience{30};

using call_result = std::variant<control_answer, not_running>;

transport::task<void> call(std::shared_ptr<transport::requester> program, transport::request_head head,
                           std::string body, std::optional<call_result>& into)
{
    std::shared_ptr<transport::body_source> content;
    if (!body.empty()) {
        head.headers.set("content-type", "application/json");
        head.headers.set("content-length", std::to_string(body.size()));
        content = transport::make_body(std::move(body));
    }
    auto answer = co_await program->send(std::move(head), std::move(content));
    if (!answer) {
        into = not_running{answer.error().message()};
        co_return;
    }
    auto text = co_await transport::read_all(*answer->body, max_answer);
    if (!text) {
        into = not_running{"the answer broke off: " + text.error().message()};
        co_return;
    }
    into = control_answer{answer->head.status, std::move(*text)};
}

} // namespace

std::filesystem::path control_socket_in(const std::filesystem::path& state)
{
    return state / "control.sock";
}

call_result control_call(const std::filesystem::path& socket, const std::string& method,
                         const std::string& target, const std::string& body)
{
    transport::net::io_context context(1);
    std::optional<call_result> answer;
    auto program = transport::make_http_client(context, "unix:" + socket.string(), {});
    transport::request_head head;
    head.method = method;
    head.target = target;
    head.headers.set("host", "control");
    head.deadline = transport::clock::now() + patience;
    // The client keeps its connection for a next request: the answer's arrival ends the wait, not an idle
    // context.
    transport::net::co_spawn(context, call(program, std::move(head), body, answer),
                             [&context](const std::exception_ptr&) { context.stop(); });
    context.run_for(patience + std::chrono::seconds(5));
    if (!answer) return not_running{"no answer in time"};
    return *answer;
}

std::string error_text_of(const control_answer& answer)
{
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    if (body.is_object() && body.contains("Error") && body["Error"].is_string()) {
        auto text = body["Error"].get<std::string>();
        // Codes of our own are in docs/errors.md; HTTP's add nothing to the sentence.
        const auto status = body.find("Status");
        if (status != body.end() && status->is_number_unsigned() && *status >= 600)
            text += " (" + std::to_string(status->get<unsigned>()) + ")";
        return text;
    }
    return "HTTP " + std::to_string(answer.status);
}

} // namespace layerline::access
