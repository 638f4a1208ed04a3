#include "web.hpp"

#include "cli/follow.hpp"
#include "transport/exchange.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::tests {

namespace {

constexpr std::size_t max_answer = 64 * 1024 * 1024;

transport::task<void> ask(std::shared_ptr<transport::requester> far, transport::request_head head,
                          std::string body, web_answer& into)
{
    std::shared_ptr<transport::body_source> content;
    if (!body.empty()) {
        head.headers.set("content-length", std::to_string(body.size()));
        content = transport::make_body(std::move(body));
    }
    auto answer = co_await far->send(std::move(head), std::move(content));
    if (!answer) {
        into.error = answer.error().message();
        co_return;
    }
    into.headers = answer->head.headers;
    auto text = co_await transport::read_all(*answer->body, max_answer);
    if (!text) {
        into.error = text.error().message();
        co_return;
    }
    into.status = answer->head.status;
    into.body = std::move(*text);
}

transport::task<void> follow_state(cli::api& far, cli::follow_options options,
                                   std::function<std::optional<cli::verdict>(const cli::job_view&)> seen,
                                   cli::verdict& said)
{
    said = co_await cli::follow(far, options, std::move(seen));
}

} // namespace

int web_answer::code() const
{
    const auto read = json();
    if (read.is_object() && read.contains("Status") && read["Status"].is_number_integer())
        return read["Status"].get<int>();
    return static_cast<int>(status);
}

web_answer web(const web_request& asked)
{
    const auto path = asked.url.find('/', asked.url.find("://") + 3);
    REQUIRE(path != std::string::npos);
    transport::net::io_context context(1);
    transport::client_options options;
    options.ca_file = asked.ca_file;
    auto far = transport::make_http_client(context, asked.url.substr(0, path), options);
    transport::request_head head;
    head.method = asked.method;
    head.target = asked.url.substr(path);
    head.headers = asked.headers;
    if (!asked.token.empty()) head.headers.set("authorization", "Bearer " + asked.token);
    web_answer answer;
    transport::net::co_spawn(
        context, ask(far, std::move(head), asked.body, answer),
        [&context](const std::exception_ptr&) { context.stop(); }); // kept connections stay open
    context.run_for(asked.patience);
    if (answer.status == 0 && answer.error.empty()) answer.error = "no answer in time";
    return answer;
}

nlohmann::json wait_for_state(const std::string& base, const std::string& token,
                              const std::function<bool(const nlohmann::json&)>& wanted,
                              std::chrono::seconds patience)
{
    transport::net::io_context context(1);
    cli::settings where;
    where.url = base;
    where.token = token;
    cli::api far(context, where);
    cli::follow_options options;
    options.at_most = patience;
    nlohmann::json found, last;
    const std::function<std::optional<cli::verdict>(const cli::job_view&)> seen =
        [&](const cli::job_view& view) -> std::optional<cli::verdict> {
        last = view.state();
        if (!wanted(view.state())) return std::nullopt;
        found = view.state();
        return cli::verdict{};
    };
    cli::verdict said;
    transport::net::co_spawn(context, follow_state(far, options, seen, said),
                             [&context](const std::exception_ptr&) { context.stop(); });
    context.run_for(patience + std::chrono::seconds(10));
    INFO("the last state seen: " << last.dump() << "; " << said.text);
    REQUIRE_FALSE(found.is_null());
    return found;
}

nlohmann::json wait_for_phase(const std::string& base, const std::string& token, const std::string& phase,
                              std::chrono::seconds patience)
{
    INFO("waiting for the phase " << phase);
    return wait_for_state(
        base, token, [&](const nlohmann::json& state) { return state.value("now", "") == phase; }, patience);
}

int connect_to(std::uint16_t port, int receive_buffer)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket >= 0);
    if (receive_buffer != 0)
        REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0);
    return socket;
}

std::string raw_exchange(std::uint16_t port, const std::string& first, std::chrono::seconds patience,
                         const std::string& then)
{
    std::string bytes = first;
    bool more = !then.empty();
    const auto until = std::chrono::steady_clock::now() + patience;
    const int socket = connect_to(port);
    std::string answer;
    std::size_t sent = 0;
    char part[16 * 1024];
    for (bool open = true; open && std::chrono::steady_clock::now() < until;) {
        pollfd ready{socket, static_cast<short>(POLLIN | (sent < bytes.size() ? POLLOUT : 0)), 0};
        if (::poll(&ready, 1, 100) < 0) break;
        if ((ready.revents & POLLOUT) != 0) {
            const auto count =
                ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0) sent += static_cast<std::size_t>(count);
            if (count < 0 && errno != EAGAIN) sent = bytes.size();
        }
        if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            const auto count = ::recv(socket, part, sizeof part, MSG_DONTWAIT);
            if (count > 0) answer.append(part, static_cast<std::size_t>(count));
            if (count > 0 && std::exchange(more, false)) bytes += then;
            if (count == 0 || (count < 0 && errno != EAGAIN)) open = false;
        }
    }
    ::close(socket);
    return answer;
}

} // namespace layerline::tests
