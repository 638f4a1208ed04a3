// The steps: unix sockets of this machine, then name, connection, TLS and HTTP of the listener and the relay.
#include "cli/doctor_probe.hpp"

#include "cli/doctor_server.hpp"
#include "transport/exchange.hpp"
#include "transport/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <memory>
#include <system_error>

#include <sys/un.h>

namespace layerline::cli {

using net_stream = transport::net::local::stream_protocol;
using nlohmann::json;
using transport::task;

namespace {

constexpr auto as_result = transport::net::as_tuple(transport::net::use_awaitable);
constexpr std::chrono::seconds step_time{5};
constexpr std::size_t max_state = 64UL * 1024; // of the print host's first line
constexpr std::size_t max_answer = 256UL * 1024;

std::string text_of(const json& from, const char* name)
{
    if (!from.is_object() || !from.contains(name) || !from[name].is_string()) return {};
    return from[name].get<std::string>();
}

json part_of(const json& from, const char* name)
{
    return from.is_object() && from.contains(name) ? from[name] : json();
}

// A unix socket that closes itself when its time is over.
struct local_line {
    explicit local_line(const transport::net::io_executor& executor) : socket(executor), limit(executor) {}
    net_stream::socket socket;
    transport::net::steady_timer limit;
    bool late = false;
};

std::shared_ptr<local_line> line_with_limit(const transport::net::io_executor& executor)
{
    auto line = std::make_shared<local_line>(executor);
    line->limit.expires_after(step_time);
    line->limit.async_wait([weak = std::weak_ptr<local_line>(line)](const transport::error_code& ec) {
        const auto held = weak.lock();
        if (ec || !held) return;
        held->late = true;
        transport::error_code ignored;
        held->socket.close(ignored);
    });
    return line;
}

attempt attempt_of(const transport::error_code& ec)
{
    if (ec == boost::system::errc::no_such_file_or_directory || ec == boost::system::errc::not_a_directory)
        return attempt::missing;
    if (ec == boost::system::errc::connection_refused || ec == boost::system::errc::not_a_socket)
        return attempt::refused;
    if (ec == boost::system::errc::permission_denied) return attempt::forbidden;
    return attempt::broken;
}

task<attempt> connect_local(std::shared_ptr<local_line> line, std::string path)
{
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) co_return attempt::missing;
    const net_stream::endpoint to(path);
    const auto [ec] = co_await line->socket.async_connect(to, as_result);
    if (line->late) co_return attempt::timed_out;
    co_return ec ? attempt_of(ec) : attempt::done;
}

// The host tells its state in full, as one line, to whoever connects.
task<print_host_seen> look_at_print_host(std::string path)
{
    print_host_seen seen;
    seen.path = path;
    const auto line = line_with_limit(co_await transport::net::this_coro::executor);
    seen.reached = co_await connect_local(line, path);
    if (seen.reached != attempt::done) co_return seen;
    std::string told;
    std::array<char, 4096> part{};
    while (told.find('\n') == std::string::npos && told.size() < max_state) {
        const auto [ec, count] =
            co_await line->socket.async_read_some(transport::net::buffer(part), as_result);
        if (ec) break;
        told.append(part.data(), count);
    }
    line->limit.cancel();
    const auto state = part_of(json::parse(told.substr(0, told.find('\n')), nullptr, false), "state");
    seen.phase = text_of(state, "now");
    seen.reason = text_of(state, "reason");
    seen.problem = text_of(state, "away");
    const auto port = part_of(state, "port");
    if (port.is_object() && port.contains("baud") && port["baud"].is_number_unsigned())
        seen.port =
            text_of(port, "device") + " at " + std::to_string(port["baud"].get<std::uint64_t>()) + " baud";
    seen.answered = !seen.phase.empty();
    co_return seen;
}

task<agent_seen> look_at_agent(transport::net::io_context& context, std::string path)
{
    agent_seen seen;
    seen.path = path;
    const auto line = line_with_limit(co_await transport::net::this_coro::executor);
    seen.reached = co_await connect_local(line, path);
    line->limit.cancel();
    if (seen.reached != attempt::done) co_return seen;
    transport::client_options options;
    const auto far = transport::make_http_client(context, "unix:" + path, options);
    transport::request_head head;
    head.method = "GET";
    head.target = "/control/status";
    head.deadline = transport::clock::now() + step_time;
    auto answer = co_await far->send(std::move(head), nullptr);
    if (!answer) co_return seen;
    const auto text = co_await transport::read_all(*answer->body, max_answer);
    const auto all = text ? json::parse(*text, nullptr, false) : json();
    const auto relay = part_of(all, "relay");
    seen.relay_state = text_of(relay, "state");
    seen.relay_text = text_of(relay, "text");
    seen.relay_url = text_of(relay, "url");
    seen.problem = text_of(relay, "problem");
    seen.pairing_code = text_of(part_of(all, "pairing"), "code");
    seen.phase = text_of(part_of(all, "printer"), "phase");
    seen.reason = text_of(part_of(all, "printer"), "reason");
    seen.lan = text_of(all, "lan");
    seen.answered = !seen.relay_state.empty();
    co_return seen;
}

task<credentials_seen> try_token(transport::net::io_context& context, settings where)
{
    credentials_seen seen;
    seen.asked = true;
    seen.through_relay = !where.printer.empty();
    seen.token_given = !where.token.empty();
    if (!seen.token_given) co_return seen;
    transport::client_options options;
    options.ca_file = where.ca_file;
    options.allow_insecure = where.allow_insecure;
    options.connect_timeout = step_time;
    const auto far = transport::make_http_client(context, where.base(), options);
    transport::request_head head;
    head.method = "GET";
    head.target = "/plugin-api/v1/status";
    head.headers.set("authorization", "Bearer " + where.token);
    head.deadline = transport::clock::now() + step_time;
    auto answer = co_await far->send(std::move(head), nullptr);
    if (!answer) co_return seen;
    const auto text = co_await transport::read_all(*answer->body, max_answer);
    if (!text) co_return seen;
    seen.got = attempt::done;
    seen.status = answer->head.status;
    const auto envelope = json::parse(*text, nullptr, false);
    if (const auto status = part_of(envelope, "Status"); status.is_number_unsigned())
        seen.status = status.get<unsigned>();
    seen.text = text_of(envelope, "Error");
    if (seen.text.empty())
        seen.text = "The answer has HTTP status " + std::to_string(answer->head.status) + ".";
    co_return seen;
}

// Whether a program of ours lives on this machine, as far as this user can see.
bool is_here(const std::filesystem::path& folder)
{
    std::error_code fault;
    return std::filesystem::exists(folder, fault) || fault == std::errc::permission_denied;
}

} // namespace

task<observations> look_around(transport::net::io_context& context, doctor_options options)
{
    observations seen;
    const std::filesystem::path host_socket =
        options.print_host.empty() ? usual_print_host : options.print_host;
    if (!options.print_host.empty() || is_here(host_socket.parent_path()))
        seen.print_host = co_await look_at_print_host(host_socket.string());
    const std::filesystem::path state = options.state.empty() ? usual_agent_state : options.state;
    if (!options.state.empty() || is_here(state))
        seen.agent = co_await look_at_agent(context, (state / "control.sock").string());

    auto& where = options.where;
    const bool to_relay = !where.printer.empty();
    if (!to_relay && where.url == default_url && !seen.agent.lan.empty()) where.url = seen.agent.lan;
    if (!to_relay) seen.lan = co_await look_at_server(context, where.url, where, false);
    const auto relay = to_relay ? where.url : seen.agent.relay_url;
    if (!relay.empty()) seen.relay = co_await look_at_server(context, relay, where, true);
    const auto& asked = to_relay ? seen.relay : seen.lan;
    if (asked.health.ours) seen.credentials = co_await try_token(context, where);
    co_return seen;
}

} // namespace layerline::cli
