// OpenSSL over a socket that never blocks.
#include "transport/tls_stream.hpp"

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>

namespace layerline::transport {

namespace {

constexpr std::size_t record = std::size_t{16} * 1024; // the most that TLS carries in one
constexpr std::size_t written_at_once = 16 * record;   // before others get their turn

// Small buffers leave in one record: a head and its body, or a frame's head and its payload.
net::const_buffer joined(const std::array<net::const_buffer, 4>& parts, std::size_t count, std::size_t skip)
{
    // One thread, and used up before anybody else gets to run.
    static thread_local std::array<char, record> together;
    std::size_t held = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto part = parts[i] + skip;       // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index)
        skip -= std::min(skip, parts[i].size()); // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index)
        if (part.size() == 0) continue;
        if (held == 0 && (part.size() >= record || i + 1 == count)) return part;
        const auto fits = std::min(part.size(), together.size() - held);
        std::memcpy(together.data() + held, part.data(), fits);
        held += fits;
    }
    return {together.data(), held};
}

} // namespace

int tls_stream::put(BIO* bio, const char* data, int size)
{
    auto* const to = static_cast<wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto sent =
        ::send(to->descriptor, data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return static_cast<int>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        BIO_set_retry_write(bio);
    else
        to->error = errno;
    return -1;
}

int tls_stream::get(BIO* bio, char* into, int size)
{
    auto* const from = static_cast<wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto came = ::recv(from->descriptor, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (came > 0) return static_cast<int>(came);
    if (came == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        BIO_set_retry_read(bio);
    else
        from->error = errno;
    return came == 0 ? 0 : -1;
}

long tls_stream::control(BIO* bio, int what, long, void*)
{
    if (what == BIO_CTRL_FLUSH) return 1; // nothing waits here
    if (what == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

const BIO_METHOD* tls_stream::socket_method()
{
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "layerline socket");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_write(made, put);
        BIO_meth_set_read(made, get);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

tls_stream::tls_stream(net::ip::tcp::socket socket, net::ssl::context& settings)
    : socket_(std::move(socket)), wire_(std::make_unique<wire>()), tls_(SSL_new(settings.native_handle()))
{
    BIO* const bio = BIO_new(socket_method());
    if (!tls_ || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, wire_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_set_read_ahead(tls_.get(), 1); // a record in one read of the socket instead of two
}

bool tls_stream::ready(error_code& failed)
{
    if (!socket_.is_open()) {
        failed = net::error::bad_descriptor;
        return false;
    }
    // The number may be another connection's by the time that a closed stream is looked at again.
    wire_->descriptor = socket_.native_handle();
    wire_->error = 0;
    ERR_clear_error();
    return true;
}

tls_stream::want tls_stream::judge(int result, error_code& failed)
{
    switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_NONE:
        return want::nothing;
    case SSL_ERROR_WANT_READ:
        return want::input;
    case SSL_ERROR_WANT_WRITE:
        return want::room;
    case SSL_ERROR_ZERO_RETURN:
        failed = net::error::eof;
        return want::nothing;
    case SSL_ERROR_SSL: {
        const auto code = ERR_get_error();
        if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            failed = net::ssl::error::stream_truncated;
        else
            failed = error_code(static_cast<int>(code), net::error::get_ssl_category());
        return want::nothing;
    }
    default:
        failed = wire_->error != 0 ? error_code(wire_->error, boost::system::system_category())
                                   : error_code(net::ssl::error::stream_truncated);
        return want::nothing;
    }
}

tls_stream::want tls_stream::go_on(const handshaking& how, std::size_t&, error_code& failed)
{
    if (!ready(failed)) return want::nothing;
    const bool asks = how.as == net::ssl::stream_base::client;
    return judge(asks ? SSL_connect(tls_.get()) : SSL_accept(tls_.get()), failed);
}

tls_stream::want tls_stream::go_on(const leaving&, std::size_t&, error_code& failed)
{
    if (!ready(failed)) return want::nothing;
    int result = SSL_shutdown(tls_.get());
    if (result == 0) result = SSL_shutdown(tls_.get()); // ours is sent, the far end's is waited for
    return result == 1 ? want::nothing : judge(result, failed);
}

tls_stream::want tls_stream::go_on(const reading& what, std::size_t& done, error_code& failed)
{
    if (read_fault_) {
        failed = read_fault_;
        return want::nothing;
    }
    if (what.into.size() == 0 || !ready(failed)) return want::nothing;
    do {
        const auto rest = what.into + done;
        const int most = static_cast<int>(std::min<std::size_t>(rest.size(), INT_MAX));
        const int came = SSL_read(tls_.get(), rest.data(), most);
        if (came <= 0) {
            if (done == 0) return judge(came, failed);
            (void)judge(came, read_fault_);
            return want::nothing;
        }
        done += static_cast<std::size_t>(came);
    } while (done < what.into.size() && SSL_has_pending(tls_.get()) == 1);
    return want::nothing;
}

tls_stream::want tls_stream::go_on(const writing& what, std::size_t& done, error_code& failed)
{
    if (what.count == 0 || !ready(failed)) return want::nothing;
    // After a wait the record that was begun is all: on a slow line each step must end within its limit.
    const bool resumed = done > 0;
    while (done < written_at_once) {
        const auto rest = joined(what.parts, what.count, done);
        if (rest.size() == 0) break;
        const int most = static_cast<int>(std::min<std::size_t>(rest.size(), INT_MAX));
        const int sent = SSL_write(tls_.get(), rest.data(), most);
        // A record that was begun must go out before the caller is told of those before it.
        if (sent <= 0) return judge(sent, failed);
        done += static_cast<std::size_t>(sent);
        if (resumed) break;
    }
    return want::nothing;
}

} // namespace layerline::transport
