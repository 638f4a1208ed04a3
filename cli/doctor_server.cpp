// Name, connection, TLS, and four questions in HTTP.
#include "cli/doctor_server.hpp"

#include "transport/byte_stream.hpp"
#include "transport/dial_address.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"
#include "transport/resolve.hpp"
#include "transport/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <vector>

namespace layerline::cli {

namespace net = transport::net;
using net::ip::tcp;
using transport::task;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::chrono::seconds step_time{5};
constexpr std::size_t max_page = 16UL * 1024;       // enough of a page to know it by
constexpr std::size_t padding = 4000, paddings = 3; // bytes of a field, and how many

task<attempt> look_up(std::string host, std::uint16_t port, std::vector<tcp::endpoint>& into)
{
    transport::error_code not_numeric;
    (void)net::ip::make_address(host, not_numeric);
    auto found = co_await transport::resolve(std::move(host), port, transport::clock::now() + step_time);
    if (!found) co_return found.error() == transport::errc::timed_out ? attempt::timed_out : attempt::missing;
    into = std::move(*found);
    co_return not_numeric ? attempt::done : attempt::not_made;
}

struct tcp_try {
    explicit tcp_try(const net::io_executor& executor) : socket(executor), limit(executor) {}
    tcp::socket socket;
    net::steady_timer limit;
    bool late = false;
};

// Tries the addresses in turn; what the last one said counts.
task<attempt> connect_any(std::vector<tcp::endpoint> all, std::shared_ptr<tcp_try>& into)
{
    const auto executor = co_await net::this_coro::executor;
    auto last = attempt::no_route;
    for (const auto& to : all) {
        into = std::make_shared<tcp_try>(executor);
        into->limit.expires_after(step_time / static_cast<long>(std::min<std::size_t>(all.size(), 4)));
        into->limit.async_wait([weak = std::weak_ptr<tcp_try>(into)](const transport::error_code& ec) {
            const auto held = weak.lock();
            if (ec || !held) return;
            held->late = true;
            transport::error_code ignored;
            held->socket.close(ignored);
        });
        const auto [ec] = co_await into->socket.async_connect(to, as_result);
        into->limit.cancel();
        if (!ec && !into->late) co_return attempt::done;
        if (into->late || ec == boost::system::errc::timed_out)
            last = attempt::timed_out;
        else if (ec == boost::system::errc::connection_refused)
            last = attempt::refused;
        else
            last = attempt::no_route;
    }
    co_return last;
}

task<attempt> shake_hands(tcp::socket socket, std::string host, std::filesystem::path ca_file,
                          std::string& refusal)
{
    auto trust = transport::client_tls(ca_file);
    if (!trust) {
        refusal = "the file of trusted authorities cannot be used";
        co_return attempt::broken;
    }
    auto stream = transport::make_stream(std::make_unique<transport::tls_stream>(std::move(socket), **trust));
    if (!transport::expect_host(stream->tls(), host)) {
        refusal = "it cannot carry this name";
        co_return attempt::broken;
    }
    stream->read_by(transport::clock::now() + step_time);
    const auto agreed = co_await stream->handshake(net::ssl::stream_base::client);
    if (agreed) co_return attempt::done;
    if (stream->timed_out()) co_return attempt::timed_out;
    refusal = transport::refused_certificate(stream->tls());
    co_return attempt::broken;
}

bool looks_like_html(std::string_view type, std::string_view page)
{
    if (type.find("html") != std::string_view::npos) return true;
    const auto first = page.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && page[first] == '<';
}

// Ours: {"Status":200} of a relay, {"status":"ok"} of an agent.
bool is_ours(unsigned status, std::string_view page)
{
    const auto body = nlohmann::json::parse(page, nullptr, false);
    return status == 200 && body.is_object() && (body.contains("Status") || body.contains("status"));
}

task<answer_seen> ask_health(std::shared_ptr<transport::requester> far, bool large)
{
    answer_seen seen;
    transport::request_head head;
    head.method = "GET";
    head.target = "/healthz";
    head.deadline = transport::clock::now() + step_time;
    for (std::size_t i = 0; large && i < paddings; ++i)
        head.headers.set("x-layerline-padding-" + std::to_string(i), std::string(padding, 'x'));
    auto answer = co_await far->send(std::move(head), nullptr);
    seen.here = std::time(nullptr);
    if (!answer) {
        seen.got = answer.error() == transport::errc::timed_out ? attempt::timed_out : attempt::broken;
        co_return seen;
    }
    seen.got = attempt::done;
    seen.status = answer->head.status;
    const auto field = [&](const char* name) {
        return std::string(answer->head.headers.find(name).value_or(""));
    };
    seen.server = seen.status >= 300 && seen.status < 400 ? field("location") : field("server");
    if (const auto date = http_date(field("date"))) seen.date = *date;
    std::string page(max_page, '\0');
    const auto count = co_await answer->body->read_some(net::buffer(page));
    page.resize(count ? *count : 0);
    seen.html = looks_like_html(field("content-type"), page);
    seen.ours = is_ours(seen.status, page);
    co_return seen;
}

task<answer_seen> ask_for_tunnel(std::string base, transport::client_options options)
{
    answer_seen seen;
    unsigned refused = 0;
    auto stream = co_await transport::dial_websocket("ws" + base.substr(4) + "/tunnel/v1",
                                                     transport::fields(), options, &refused);
    if (stream) {
        seen.got = attempt::done;
        seen.status = 101;
    } else if (refused != 0) {
        seen.got = attempt::done;
        seen.status = refused;
    } else {
        seen.got = stream.error() == transport::errc::timed_out ? attempt::timed_out : attempt::broken;
    }
    co_return seen;
}

} // namespace

task<server_seen> look_at_server(net::io_context& context, std::string url, settings trust, bool tunnel_door)
{
    server_seen seen;
    seen.url = url;
    const auto to = transport::parse_address(url);
    if (!to || to->host.empty()) {
        seen.named = attempt::broken;
        seen.host = url;
        co_return seen;
    }
    seen.host = to->host;
    seen.tls = to->tls;
    seen.plain_far = !to->tls && !trust.allow_insecure && !transport::is_this_host(to->host);
    if (seen.plain_far) co_return seen;

    std::vector<tcp::endpoint> all;
    seen.named = co_await look_up(to->host, to->port, all);
    if (all.empty()) co_return seen;
    std::shared_ptr<tcp_try> made;
    seen.connected = co_await connect_any(std::move(all), made);
    if (seen.connected != attempt::done) co_return seen;
    if (to->tls) {
        seen.secured = co_await shake_hands(std::move(made->socket), to->host, trust.ca_file, seen.refusal);
        if (seen.secured != attempt::done) co_return seen;
    }
    made.reset();

    auto base = std::string(to->tls ? "https://" : "http://") + to->host_field;
    transport::client_options options;
    options.ca_file = trust.ca_file;
    options.allow_insecure = trust.allow_insecure;
    options.connect_timeout = step_time;
    const auto far = transport::make_http_client(context, base, options);
    seen.health = co_await ask_health(far, false);
    if (!seen.health.ours) co_return seen;
    seen.large = co_await ask_health(far, true);
    if (tunnel_door) seen.upgrade = co_await ask_for_tunnel(base, options);
    co_return seen;
}

} // namespace layerline::cli
