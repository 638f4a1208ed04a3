// The coroutine shell of the link: a unix socket, a clock and a desk.
#include "printer/serial/serial_link.hpp"

#include "printer/link_waits.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/un.h>

#include <array>
#include <functional>
#include <utility>

namespace layerline::printer::serial {

namespace net = transport::net;
using transport::clock;
using transport::error_code;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

// Why the print host's socket could not be opened, in words for its owner.
printer_failure why_unreachable(const error_code& code, const std::string& path)
{
    namespace sys = boost::system::errc;
    if (code == sys::permission_denied)
        return {printer_errc::port_forbidden, "No permission to open the print host's socket " + path +
                                                  ": add the agent's user to the socket's group."};
    if (code == sys::no_such_file_or_directory || code == sys::connection_refused)
        return {printer_errc::host_gone, "The print host is not running: nothing answers at " + path + "."};
    return {printer_errc::host_gone,
            "The print host cannot be reached at " + path + ": " + code.message() + "."};
}

class serial_link final : public printer_link {
public:
    serial_link(net::io_context& context, link_settings settings)
        : settings_(settings), desk_(std::move(settings)), socket_(context), changed_(context),
          lines_(context), work_(context), retry_(context)
    {
        work_.expires_at(clock::time_point::max());
    }

    transport::task<void> run() override
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        while (!stopping_) {
            const auto code = co_await connect();
            if (stopping_) break;
            if (code) {
                auto why = why_unreachable(code, settings_.socket_path);
                desk_.disconnected(why.code, std::move(why.detail), clock::now());
            } else {
                gone_because_ = "The print host closed the connection.";
                desk_.connected(clock::now());
                settle();
                co_await (read_lines() || write_lines() || keep_time());
                desk_.disconnected(printer_errc::host_gone, gone_because_, clock::now());
            }
            close();
            settle();
            if (stopping_) break;
            retry_.expires_after(desk_.retry_delay());
            co_await retry_.async_wait(as_tuple);
        }
        desk_.disconnected(printer_errc::host_gone, "This agent is shutting down.", clock::now());
        settle();
    }

    void stop() override
    {
        stopping_ = true;
        close();
        retry_.cancel();
        lines_.cancel();
        work_.cancel();
        changed_.stop();
    }

    printer_state state() const override { return desk_.state(clock::now()); }

    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        auto sequence = [this] { return desk_.sequence(); };
        co_return co_await changed_.changed(sequence, since);
    }

    transport::task<printer_result<performed>> perform(action what, terms how) override
    {
        if (stopping_) co_return printer_failure{printer_errc::host_gone, "This agent is shutting down."};
        const auto id = desk_.ask(std::move(what), std::move(how), clock::now());
        auto mine = waiting_.open(id, socket_.get_executor());
        settle();
        std::function<void(std::uint64_t)> forget = [this](std::uint64_t gone) { desk_.forget(gone); };
        co_return co_await waiting_.wait(id, std::move(mine), std::move(forget), "the print host");
    }

    link_capabilities capabilities() const override { return desk_.capabilities(); }

private:
    transport::task<error_code> connect()
    {
        // A longer path cannot be a socket's; Asio would throw on it.
        if (settings_.socket_path.size() >= sizeof(sockaddr_un::sun_path))
            co_return make_error_code(boost::system::errc::filename_too_long);
        close();
        auto [code] = co_await socket_.async_connect(
            net::local::stream_protocol::endpoint(settings_.socket_path), as_tuple);
        co_return code;
    }

    transport::task<void> read_lines()
    {
        while (true) {
            auto [code, count] = co_await socket_.async_read_some(net::buffer(incoming_), as_tuple);
            if (code) co_return;
            const bool good = desk_.receive({incoming_.data(), count}, clock::now());
            settle();
            if (!good) {
                gone_because_ = "The print host sent a line over 64 KiB.";
                co_return;
            }
        }
    }

    transport::task<void> write_lines()
    {
        while (true) {
            auto line = desk_.next_line(clock::now());
            hand_out();
            if (!line) {
                lines_.expires_at(clock::time_point::max());
                co_await lines_.async_wait(as_tuple);
                continue;
            }
            // A host that does not read is found by keep_time(): it says nothing either.
            auto [code, count] = co_await net::async_write(socket_, net::buffer(*line), as_tuple);
            if (code) co_return;
        }
    }

    transport::task<void> keep_time()
    {
        while (true) {
            work_.expires_at(desk_.next_wakeup().value_or(clock::time_point::max()));
            co_await work_.async_wait(as_tuple);
            const bool alive = desk_.tick(clock::now());
            hand_out();
            lines_.cancel();
            if (!alive) {
                gone_because_ = "The print host is running but has said nothing for " +
                                std::to_string(settings_.silence.count() / 1000) + " s.";
                co_return;
            }
        }
    }

    // After news from outside: hands out what the desk decided and wakes the writer and the clock. Those two
    // only hand out: if each woke the other, they would never rest.
    void settle()
    {
        hand_out();
        lines_.cancel();
        work_.cancel();
    }

    void hand_out()
    {
        while (auto outcome = desk_.next_outcome())
            waiting_.settle(outcome->id, std::move(outcome->what));
        if (desk_.sequence() != told_) {
            told_ = desk_.sequence();
            changed_.ring();
        }
    }

    void close()
    {
        error_code ignored;
        socket_.close(ignored);
    }

    link_settings settings_;
    link_desk desk_;
    net::local::stream_protocol::socket socket_;
    change_bell changed_;
    net::steady_timer lines_; // wakes the writer
    net::steady_timer work_;  // wakes keep_time(): something ran out, or the next deadline is another now
    net::steady_timer retry_;
    open_answers<performed> waiting_;
    std::array<char, 16UL * 1024> incoming_{};
    std::string gone_because_;
    std::uint64_t told_ = 0;
    bool stopping_ = false;
};

} // namespace

std::unique_ptr<printer_link> make_serial_link(net::io_context& context, link_settings settings)
{
    return std::make_unique<serial_link>(context, std::move(settings));
}

} // namespace layerline::printer::serial
