// Accepting: TCP or unix socket, with or without TLS, and what happens when there is no room for more.
#include "transport/http_server.hpp"

#include "transport/edge_fields.hpp"
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
// Connections past the limit that are being told so, at once; more are just closed.
constexpr std::size_t told_at_once = 32;
constexpr auto telling_time = std::chrono::seconds(1);
// Without descriptors accept() fails at once, again and again: wait for some to come back.
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

// What a connection is told that there is no room for.
struct no_room {
    unsigned status;
    std::string_view why;
    std::chrono::milliseconds time; // to tell it
};
constexpr no_room too_many{503, "too many connections", telling_time};
constexpr no_room too_many_of_one{429, "too many connections from this address", telling_time};
// The others wait meanwhile: there is one descriptor for all of them.
constexpr no_room no_descriptors{503, "out of file descriptors", std::chrono::milliseconds(250)};
constexpr std::string_view retry_after = "5"; // seconds

// A descriptor that is kept so that there is one left to tell callers that there are none.
struct spare_descriptor {
    explicit spare_descriptor(net::io_context& context) : back(context) { restore(); }
    spare_descriptor(const spare_descriptor&) = delete;
    spare_descriptor& operator=(const spare_descriptor&) = delete;
    ~spare_descriptor() { give(); }
    void give()
    {
        if (number >= 0) ::close(number);
        number = -1;
    }
    void restore()
    {
        if (number < 0) number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        back.cancel();
    }
    int number = -1;
    net::steady_timer back; // used as an event, with a pause for when nobody rings it
};

// What was taken for telling somebody goes back when that is over, however it ends.
struct telling {
    std::shared_ptr<std::size_t> being_told;
    std::shared_ptr<spare_descriptor> spare; // null: it was not needed
    std::shared_ptr<byte_stream> stream;
    telling(std::shared_ptr<std::size_t> count, std::shared_ptr<spare_descriptor> taken,
            std::shared_ptr<byte_stream> to)
        : being_told(std::move(count)), spare(std::move(taken)), stream(std::move(to))
    {
        ++*being_told;
    }
    telling(const telling&) = delete;
    telling& operator=(const telling&) = delete;
    ~telling()
    {
        --*being_told;
        stream->close(false);
        if (spare) spare->restore();
    }
};

// The request is read, as far as it comes, so that closing does not take the answer away.
task<void> turn_away(std::shared_ptr<telling> all, no_room because)
{
    const auto& stream = all->stream;
    const auto by = clock::now() + because.time;
    stream->read_by(by);
    stream->write_limits(because.time, by);
    if (stream->tls() != nullptr) {
        const auto agreed = co_await stream->handshake(net::ssl::stream_base::server);
        if (!agreed) co_return;
    }
    const auto id = new_request_id();
    auto body = error_body(because.status, because.why, id);
    body.insert(body.size() - 1, std::string(",\"RetryAfterSec\":").append(retry_after));
    const auto head = write_response(because.status, {{"content-type", "application/json"},
                                                      {"content-length", std::to_string(body.size())},
                                                      {"x-request-id", id},
                                                      {"retry-after", std::string(retry_after)},
                                                      {"connection", "close"}})
                          .value_or("");
    const std::array<net::const_buffer, 3> parts{net::buffer(head), net::buffer(body)};
    const auto sent = co_await stream->write(parts);
    stream->shutdown_send();
    std::array<char, 4096> waste; // NOLINT(cppcoreguidelines-pro-type-member-init): written only
    while (sent) {
        const auto got = co_await stream->read_some(net::buffer(waste));
        if (!got || *got == 0) break;
    }
}

template <class Protocol>
class server final : public http_server {
public:
    using acceptor = typename Protocol::acceptor;

    server(net::io_context& context, acceptor listening, std::shared_ptr<connection_group> group,
           std::shared_ptr<net::ssl::context> tls)
        : acceptor_(std::move(listening)), group_(std::move(group)), tls_(std::move(tls)),
          spare_(std::make_shared<spare_descriptor>(context)),
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
                tell_of_scarcity(ec);
                spare_->back.expires_after(scarcity_pause);
                co_await spare_->back.async_wait(as_result);
            } else if (ec == net::error::operation_aborted || ec == net::error::bad_descriptor) {
                break;
            } else if (!ec) {
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
        spare_->back.cancel();
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
        if (group_->open.size() >= limits.max_connections)
            return say_no(std::move(socket), too_many, nullptr);
        if (limits.max_per_address != 0) {
            const auto same = group_->by_address.find(address_of_caller(peer));
            if (same != group_->by_address.end() && same->second >= limits.max_per_address)
                return say_no(std::move(socket), too_many_of_one, nullptr);
        }
        start_connection(group_, wrap(std::move(socket)), std::move(peer));
    }

    void say_no(typename Protocol::socket socket, no_room because, std::shared_ptr<spare_descriptor> spare)
    {
        if (*being_told_ >= told_at_once) { // just closed
            error_code ignored;
            socket.close(ignored);
            if (spare) spare->restore();
            return;
        }
        const auto all = std::make_shared<telling>(being_told_, std::move(spare), wrap(std::move(socket)));
        net::co_spawn(all->stream->executor(), turn_away(all, because), net::detached);
    }

    // Takes one caller in place of the spare descriptor, to say that there is none for it.
    void tell_of_scarcity(const error_code& why)
    {
        const auto now = clock::now();
        if (!warned_ || now - *warned_ > between_warnings)
            spdlog::warn("no more connections are accepted for now: {}", why.message());
        warned_ = now;
        if (spare_->number < 0) return spare_->restore(); // somebody is being told, or it was lost
        spare_->give();
        typename Protocol::socket socket(acceptor_.get_executor());
        error_code ec;
        acceptor_.non_blocking(true, ec);
        if (!ec) acceptor_.accept(socket, ec);
        if (ec) return spare_->restore();
        say_no(std::move(socket), no_descriptors, spare_);
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
    std::shared_ptr<spare_descriptor> spare_;
    std::optional<clock::time_point> warned_;
    std::shared_ptr<net::steady_timer> grace_;
    std::shared_ptr<std::size_t> being_told_ = std::make_shared<std::size_t>(0);
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
