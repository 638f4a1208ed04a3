#include "open_socket.hpp"

#include "tests/fakes/run_task.hpp"
#include "transport/http_client.hpp"

#include <catch2/catch.hpp>

namespace layerline::tests {

namespace net = transport::net;
using transport::task;

namespace {

constexpr std::size_t longest = 1024UL * 1024;

task<bool> came_back(std::shared_ptr<transport::message_stream> by, std::string text)
{
    const auto sent = co_await by->write_message(net::buffer(text));
    if (!sent) co_return false;
    const auto back = co_await by->read_message(longest);
    co_return back&&* back == text;
}

task<bool> ended(std::shared_ptr<transport::message_stream> by)
{
    const auto read = co_await by->read_message(longest);
    co_return !read;
}

} // namespace

open_socket::open_socket(std::uint16_t port, const std::string& host, const std::string& authorization)
{
    transport::client_options plain;
    const auto client =
        transport::make_http_client(context_, "http://127.0.0.1:" + std::to_string(port), plain);
    transport::request_head head;
    head.method = "GET";
    head.target = "/websocket";
    head.headers.set("host", host);
    head.headers.set("authorization", authorization);
    auto opened = fakes::run(context_, client->open_websocket(std::move(head)));
    REQUIRE(opened.has_value());
    INFO("status " << opened->head.status);
    REQUIRE(opened->stream);
    stream_ = opened->stream;
}

open_socket::~open_socket()
{
    if (stream_) stream_->abort();
}

bool open_socket::echoes(const std::string& text, std::chrono::seconds patience)
{
    return fakes::run(context_, came_back(stream_, text), patience);
}

bool open_socket::ends(std::chrono::seconds patience)
{
    return fakes::run(context_, ended(stream_), patience);
}

} // namespace layerline::tests
