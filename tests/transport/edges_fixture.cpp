// The raw peer and the server of the edges' tests.
#include "edges_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>

namespace layerline::transport {

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);

task<void> connect(net::ip::tcp::socket& socket, std::uint16_t port)
{
    co_await socket.async_connect({net::ip::address_v4::loopback(), port}, net::use_awaitable);
}

task<std::pair<error_code, std::size_t>> write_all(net::ip::tcp::socket& socket, std::string_view bytes)
{
    const auto [ec, n] = co_await net::async_write(socket, net::buffer(bytes), as_result);
    co_return std::pair<error_code, std::size_t>(ec, n);
}

task<std::pair<error_code, std::size_t>> read_some(net::ip::tcp::socket& socket, net::mutable_buffer into)
{
    const auto [ec, n] = co_await socket.async_read_some(into, as_result);
    co_return std::pair<error_code, std::size_t>(ec, n);
}

} // namespace

edge_fixture::edge_fixture()
{
    service.answer = [](exchange& call) { return say(call, "hello"); };
}

edge_fixture::~edge_fixture()
{
    if (!server || ended) return;
    server->stop(std::chrono::milliseconds(0));
    context.restart();
    const auto late = clock::now() + std::chrono::seconds(10);
    while (!ended && clock::now() < late)
        context.run_one_until(late);
}

void edge_fixture::listen(const std::function<void(listen_options&)>& change)
{
    listen_options options;
    if (change) change(options);
    auto made = listen_http(context, options, service);
    REQUIRE(made);
    server = std::move(*made);
    net::co_spawn(context, server->run(), [this](const std::exception_ptr&) { ended = true; });
}

void edge_fixture::stop(std::chrono::milliseconds grace)
{
    server->stop(grace);
    until([this] { return ended; });
}

void edge_fixture::until(const std::function<bool()>& condition)
{
    context.restart();
    const auto late = clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        REQUIRE(clock::now() < late);
        if (context.run_one_until(late) == 0 && !condition()) FAIL("nothing is left to wait for");
    }
}

std::string edge_fixture::url(std::string_view scheme, std::string_view host) const
{
    return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(server->port());
}

std::shared_ptr<requester> edge_fixture::client(client_options options)
{
    return client_at(url(), std::move(options));
}

std::shared_ptr<requester> edge_fixture::client_at(std::string base, client_options options)
{
    return make_http_client(context, std::move(base), std::move(options));
}

raw_peer::raw_peer(edge_fixture& fixture) : raw_peer(fixture, fixture.server->port()) {}

raw_peer::raw_peer(edge_fixture& fixture, std::uint16_t port) : socket(fixture.context), fixture_(fixture)
{
    fixture_.run(connect(socket, port));
}

void raw_peer::send(std::string_view bytes)
{
    REQUIRE_FALSE(fixture_.run(write_all(socket, bytes)).first);
}

std::size_t raw_peer::send_while_taken(std::string_view bytes)
{
    return fixture_.run(write_all(socket, bytes)).second;
}

bool raw_peer::more()
{
    std::array<char, 65536> part;
    const auto [ec, n] = fixture_.run(read_some(socket, net::buffer(part)));
    held_.append(part.data(), n);
    was_reset_ = ec == net::error::connection_reset;
    return !ec;
}

std::string raw_peer::read_until(std::string_view marker)
{
    for (;;) {
        const auto at = held_.find(marker);
        if (at != std::string::npos) {
            auto out = held_.substr(0, at + marker.size());
            held_.erase(0, at + marker.size());
            return out;
        }
        if (!more()) FAIL("ended before \"" << marker << "\": " << held_);
    }
}

std::string raw_peer::read_exactly(std::size_t n)
{
    while (held_.size() < n)
        if (!more()) FAIL("ended after " << held_.size() << " of " << n << " bytes");
    auto out = held_.substr(0, n);
    held_.erase(0, n);
    return out;
}

std::string raw_peer::read_answer()
{
    auto head = read_until("\r\n\r\n");
    const auto at = head.find("content-length: ");
    if (at == std::string::npos) return head;
    return head + read_exactly(std::stoul(head.substr(at + 16)));
}

std::string raw_peer::read_to_end()
{
    while (more()) {
    }
    return std::exchange(held_, {}) + (was_reset_ ? "<reset>" : "");
}

std::string raw_peer::ask(std::string_view bytes)
{
    send(bytes);
    return read_to_end();
}

void raw_peer::close()
{
    socket.close();
}

void raw_peer::reset()
{
    socket.set_option(net::socket_base::linger(true, 0));
    socket.close();
}

void raw_peer::send_no_more()
{
    socket.shutdown(net::socket_base::shutdown_send);
}

temporary_folder::temporary_folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "layerline-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
}

temporary_folder::~temporary_folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

request_head get(std::string target)
{
    request_head head;
    head.method = "GET";
    head.target = std::move(target);
    return head;
}

request_head post(std::string target)
{
    auto head = get(std::move(target));
    head.method = "POST";
    return head;
}

task<result<std::pair<response_head, std::string>>> fetch(std::shared_ptr<requester> by, request_head head,
                                                          std::shared_ptr<body_source> body)
{
    auto answer = co_await by->send(std::move(head), std::move(body));
    if (!answer) co_return answer.error();
    auto text = co_await read_all(*answer->body, 64 * 1024 * 1024);
    if (!text) co_return text.error();
    co_return std::pair<response_head, std::string>(std::move(answer->head), std::move(*text));
}

namespace {

task<void> write_message(std::shared_ptr<message_stream> to, std::string bytes)
{
    co_await to->write_message(net::buffer(bytes));
}

} // namespace

task<result<std::string>> pass(std::shared_ptr<message_stream> from, std::shared_ptr<message_stream> to,
                               std::string bytes)
{
    const auto executor = co_await net::this_coro::executor;
    net::co_spawn(executor, write_message(std::move(from), std::move(bytes)), net::detached);
    co_return co_await to->read_message(1024 * 1024);
}

task<void> say(exchange& call, std::string text)
{
    co_await respond_with(call, {}, std::move(text));
}

} // namespace layerline::transport
