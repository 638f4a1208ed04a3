// The scripted print host.
#include "fakes/fake_print_host.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace layerline::fakes {

namespace net = layerline::transport::net;
using local = net::local::stream_protocol;
using namespace printer;
using namespace printer::serial;

struct fake_print_host::client {
    explicit client(local::socket s) : socket(std::move(s)) {}
    local::socket socket;
    std::string in;
    void send(const std::string& bytes)
    {
        boost::system::error_code ignored; // a test's lines are small: the socket's buffer takes them whole
        net::write(socket, net::buffer(bytes), ignored);
    }
};

fake_print_host::fake_print_host(net::io_context& context, std::filesystem::path path)
    : context_(context), path_(std::move(path)), acceptor_(context),
      news_(context, std::chrono::steady_clock::time_point::max())
{
    std::filesystem::remove(path_);
    acceptor_.open();
    acceptor_.bind(local::endpoint(path_.string()));
    acceptor_.listen();
    accept();
}

fake_print_host::~fake_print_host()
{
    close();
}

void fake_print_host::accept()
{
    acceptor_.async_accept([this, alive = std::weak_ptr<int>(alive_)](auto ec, local::socket socket) {
        if (ec || alive.expired()) return;
        auto fresh = std::make_shared<client>(std::move(socket));
        clients_.push_back(fresh);
        fresh->send(encode_event({state}));
        read(fresh);
        accept();
    });
}

void fake_print_host::read(const std::shared_ptr<client>& from)
{
    net::async_read_until(from->socket, net::dynamic_buffer(from->in), '\n',
                          [this, from, alive = std::weak_ptr<int>(alive_)](auto ec, std::size_t count) {
                              if (alive.expired()) return;
                              if (ec) {
                                  std::erase(clients_, from);
                                  return;
                              }
                              const auto line = from->in.substr(0, count - 1);
                              from->in.erase(0, count);
                              handle(*from, line);
                              read(from);
                          });
}

void fake_print_host::handle(client& from, std::string_view line)
{
    auto request = decode_request(line);
    if (!request) {
        from.send(encode_reply({0, request.error()}));
        return;
    }
    if (std::holds_alternative<ask_state>(request->what)) {
        from.send(encode_reply({request->id, state}));
    } else if (std::holds_alternative<ask_capabilities>(request->what)) {
        from.send(encode_reply({request->id, capabilities}));
    } else {
        actions_.push_back(*request);
        news_.cancel();
        std::optional<printer_result<performed>> answer = performed{"j-1", "", false};
        if (on_action) answer = on_action(std::get<action>(request->what));
        if (!answer) return;
        if (*answer)
            from.send(encode_reply({request->id, **answer}));
        else
            from.send(encode_reply({request->id, answer->error()}));
    }
}

void fake_print_host::tell()
{
    say(encode_event({state}));
}

void fake_print_host::say(std::string bytes)
{
    for (auto& each : clients_)
        each->send(bytes);
}

void fake_print_host::drop()
{
    for (auto& each : clients_) {
        boost::system::error_code ignored;
        each->socket.close(ignored);
    }
    clients_.clear();
}

void fake_print_host::close()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    drop();
}

transport::task<void> fake_print_host::received(std::size_t count)
{
    while (actions_.size() < count)
        co_await news_.async_wait(net::as_tuple(net::use_awaitable));
}

} // namespace layerline::fakes
