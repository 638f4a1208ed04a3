// Accepting: TCP or unix socket, with or without TLS, and what happens when there is no room for more.
#include "transport/http_server.hpp"

#include "transport/doorkeeper.hpp"
#include "transport/error.hpp"
#include "transport/http_connection.hpp"
#include "transport/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace layerline::transport {

using net::ip::tcp;
using net::local::stream_protocol;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);
// Without descriptors accept() fails at once, again and again. With nothing at hand to tell the caller: wait
// for some to come back.
constexpr auto scarcity_pause = std::chrono::milliseconds(200);
constexpr auto between_warnings = std::chrono::seconds(10);

bool scarce(const error_code& ec)
{
    return ec == boost::system::errc::too_many_files_open ||
           ec == boost::system::errc::too_many_files_open_in_system ||
           ec == boost::system::errc::no_buffer_space || ec == boost::system::errc::not_enough_memory;
}

std::string peer_of(const tcp::socket& socket)
{
    error_code ec;
    auto address = socket.remote_endpoint(ec).address();
    if (ec) return "unknown";
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6());
    return address.to_string();
}

std::string peer_of(const stream_protocol::socket&)
{
    return "unix";
}

constexpr auto telling_time = std::chrono::seconds(1);
constexpr no_room too_many{503, "too many connections", telling_time};
constexpr no_room too_many_of_one{429, "too many connections from this address", telling_time};

template <class Protocol>
class server final : public http_server {
public:
    using acceptor = typename Protocol::acceptor;

    server(net::io_context& context, acceptor listening, std::shared_ptr<connection_group> group,
           std::shared_ptr<net::ssl::context> tls)
        : acceptor_(std::move(listening)), group_(std::move(group)), tls_(std::move(tls)),
          doorkeeper_(std::make_shared<doorkeeper>(context.get_executor())),
          grace_(std::make_shared<net::steady_timer>(context))
    {
        if (!group_->options.unix_path.empty()) ::stat(group_->options.unix_path.c_str(), &socket_file_);
    }
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    ~server() override
    {
        close_acceptor();
        group_->stopping = true;
        // Cancelling handlers belongs into a handler of the context.
        net::post(acceptor_.get_executor(), [group = group_] { cut_all(*group); });
    }

    task<void> run() override
    {
        const auto group = group_;
        while (!group->stopping) {
            auto [ec, socket] = co_await acceptor_.async_accept(as_result);
            if (group->stopping) break;
            if (scarce(ec)) {
                warn_of(ec);
                switch (tell_one_of_scarcity()) {
                case waiting::told:
                    break;
                case waiting::nobody:
                    co_await acceptor_.async_wait(acceptor::wait_read, as_result);
                    break;
                case waiting::somebody:
                    co_await doorkeeper_->change(scarcity_pause);
                    break;
                }
            } else if (ec == net::error::operation_aborted || ec == net::error::bad_descriptor) {
                break;
            } else if (!ec) {
                doorkeeper_->refill();
                welcome(std::move(socket));
            }
        }
        while (!group->open.empty())
            co_await group->empty.async_wait(as_result);
    }

    void stop(std::chrono::milliseconds grace) override
    {
        if (group_->stopping) return;
        group_->stopping = true;
        close_acceptor();
        doorkeeper_->stop();
        for (auto* connection : std::set<http_connection*>(group_->open))
            connection->stop_soon();
        grace_->expires_after(grace);
        grace_->async_wait([group = group_](const error_code& ec) {
            if (!ec) cut_all(*group);
        });
        watch_for_the_end();
    }

    std::uint16_t port() const override { return port_; }
    void remember_port(std::uint16_t port) { port_ = port; }
    std::size_t connections() const override { return group_->open.size(); }

private:
    static void cut_all(connection_group& group)
    {
        for (auto* connection : std::set<http_connection*>(group.open))
            connection->cut();
    }

    // Nothing of ours keeps the context busy once the last connection has ended.
    void watch_for_the_end()
    {
        if (group_->open.empty()) {
            grace_->cancel();
            return;
        }
        group_->empty.async_wait([group = group_, timer = grace_](const error_code&) { timer->cancel(); });
    }

    void close_acceptor()
    {
        error_code ignored;
        if (!acceptor_.is_open()) return;
        acceptor_.close(ignored);
        // Only our own socket file: a successor may have put another there.
        struct stat now {};
        const auto& path = group_->options.unix_path;
        if (!path.empty() && ::stat(path.c_str(), &now) == 0 && now.st_ino == socket_file_.st_ino &&
            now.st_dev == socket_file_.st_dev)
            ::unlink(path.c_str());
    }

    void welcome(typename Protocol::socket socket)
    {
        auto peer = peer_of(socket);
        const auto& limits = group_->options.limits;
        if (group_->seats >= limits.max_connections)
            return doorkeeper_->turn_away(wrap(std::move(socket)), too_many);
        if (limits.max_per_address != 0) {
            const auto same = group_->by_address.find(address_of_caller(peer));
            if (same != group_->by_address.end() && same->second >= limits.max_per_address)
                return doorkeeper_->turn_away(wrap(std::move(socket)), too_many_of_one);
        }
        start_connection(group_, wrap(std::move(socket)), std::move(peer));
    }

    void warn_of(const error_code& scarcity)
    {
        const auto now = clock::now();
        if (!warned_ || now - *warned_ > between_warnings)
            spdlog::warn("out of descriptors ({}): callers are told so until some are free",
                         scarcity.message());
        warned_ = now;
    }

    enum class waiting : std::uint8_t { told, nobody, somebody };

    // Takes one caller who waits, to say that there is no descriptor for it.
    waiting tell_one_of_scarcity()
    {
        if (!doorkeeper_->make_room()) {
            doorkeeper_->refill();
            return waiting::somebody;
        }
        typename Protocol::socket socket(acceptor_.get_executor());
        error_code ec;
        acceptor_.non_blocking(true, ec);
        if (!ec) acceptor_.accept(socket, ec);
        if (!ec) {
            doorkeeper_->turn_away_in_need(wrap(std::move(socket)));
            return waiting::told;
        }
        doorkeeper_->restore();
        return ec == net::error::would_block ? waiting::nobody : waiting::somebody;
    }

    std::shared_ptr<byte_stream> wrap(typename Protocol::socket socket)
    {
        if constexpr (std::is_same_v<Protocol, tcp>)
            if (tls_) return make_stream(std::make_unique<tls_stream>(std::move(socket), *tls_));
        return make_stream(std::move(socket));
    }

    acceptor acceptor_;
    std::shared_ptr<connection_group> group_;
    std::shared_ptr<net::ssl::context> tls_;
    std::shared_ptr<doorkeeper> doorkeeper_;
    std::optional<clock::time_point> warned_;
    std::shared_ptr<net::steady_timer> grace_;
    struct stat socket_file_ {};
    std::uint16_t port_ = 0;
};

result<std::unique_ptr<http_server>> listen_unix(net::io_context& context,
                                                 std::shared_ptr<connection_group> group)
{
    const auto path = group->options.unix_path.string();
    struct stat old {};
    if (::lstat(path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(path.c_str());
    stream_protocol::acceptor acceptor(context);
    error_code ec;
    // Longer paths do not fit into the address; Asio would throw.
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) return net::error::name_too_long;
    acceptor.open(stream_protocol(), ec);
    if (!ec) acceptor.bind(stream_protocol::endpoint(path), ec);
    // Before listen(): until then nobody can connect, whatever the mode.
    if (!ec && ::chmod(path.c_str(), 0600) != 0) ec.assign(errno, boost::system::system_category());
    if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
    if (ec) return ec;
    return std::unique_ptr<http_server>(
        std::make_unique<server<stream_protocol>>(context, std::move(acceptor), std::move(group), nullptr));
}

result<std::unique_ptr<http_server>> listen_tcp(net::io_context& context,
                                                std::shared_ptr<connection_group> group)
{
    const auto& options = group->options;
    std::shared_ptr<net::ssl::context> tls;
    if (options.tls) {
        auto made = server_tls(*options.tls);
        if (!made) return made.error();
        tls = std::move(*made);
    }
    error_code ec;
    const tcp::endpoint endpoint(net::ip::make_address(options.address, ec), options.port);
    if (ec) return ec;
    tcp::acceptor acceptor(context);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
    if (ec) return ec;
    const auto port = acceptor.local_endpoint(ec).port();
    auto made = std::make_unique<server<tcp>>(context, std::move(acceptor), std::move(group), std::move(tls));
    made->remember_port(port);
    return std::unique_ptr<http_server>(std::move(made));
}

} // namespace

result<std::unique_ptr<http_server>> listen_http(net::io_context& context, listen_options options,
                                                 service& answers)
{
    auto group = std::make_shared<connection_group>(context.get_executor(), answers, options);
    if (!options.unix_path.empty()) return listen_unix(context, std::move(group));
    return listen_tcp(context, std::move(group));
}

} // namespace layerline::transport
