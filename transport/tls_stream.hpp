// TLS over a TCP socket, as an asynchronous stream like Asio's own, without that one's buffers: it holds 68
// KiB a connection for as long as that lives and copies every byte once more. Here OpenSSL reads and writes
// the socket itself, and an idle connection has no buffers (SSL_MODE_RELEASE_BUFFERS).
#pragma once

#include "transport/net.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace layerline::transport {

// One read and one write at a time, both on the socket's thread. Moved only while nothing is under way.
class tls_stream {
public:
    using next_layer_type = net::ip::tcp::socket;
    using lowest_layer_type = net::ip::tcp::socket;
    using executor_type = next_layer_type::executor_type;
    using side = net::ssl::stream_base::handshake_type;

    // A connected socket. Throws std::bad_alloc when OpenSSL has no memory.
    tls_stream(net::ip::tcp::socket socket, net::ssl::context& settings);
    tls_stream(tls_stream&& other) noexcept = default;
    tls_stream& operator=(tls_stream&& other) = delete;
    ~tls_stream() = default;

    executor_type get_executor() { return socket_.get_executor(); }
    next_layer_type& next_layer() { return socket_; }
    const next_layer_type& next_layer() const { return socket_; }
    lowest_layer_type& lowest_layer() { return socket_; }
    const lowest_layer_type& lowest_layer() const { return socket_; }
    SSL* native_handle() { return tls_.get(); }

    // void(error_code)
    template <class Token>
    auto async_handshake(side as, Token&& token)
    {
        return start<void(error_code)>(handshaking{as}, std::forward<Token>(token));
    }
    // void(error_code): says good-bye and waits for the far end's.
    template <class Token>
    auto async_shutdown(Token&& token)
    {
        return start<void(error_code)>(leaving{}, std::forward<Token>(token));
    }
    // void(error_code, std::size_t). net::error::eof after the far end's good-bye, stream_truncated without
    // one.
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token)
    {
        net::mutable_buffer first;
        for (auto at = net::buffer_sequence_begin(into); at != net::buffer_sequence_end(into); ++at)
            if (first.size() == 0) first = *at;
        return start<void(error_code, std::size_t)>(reading{first}, std::forward<Token>(token));
    }
    // void(error_code, std::size_t). The bytes stay as they are until then, those of several buffers too.
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token)
    {
        writing what;
        for (auto at = net::buffer_sequence_begin(from); at != net::buffer_sequence_end(from); ++at) {
            const net::const_buffer part = *at;
            if (part.size() == 0) continue;
            if (what.count == what.parts.size()) break;
            what.parts[what.count++] = part;
        }
        return start<void(error_code, std::size_t)>(what, std::forward<Token>(token));
    }

private:
    // What must come about before an operation can go on.
    enum class want : std::uint8_t { nothing, input, room };
    struct handshaking {
        side as;
    };
    struct leaving {};
    struct reading {
        net::mutable_buffer into;
    };
    struct writing {
        std::array<net::const_buffer, 4> parts{};
        std::size_t count = 0;
    };

    // Each does what it can now. `done` counts bytes.
    want go_on(const handshaking& how, std::size_t& done, error_code& failed);
    want go_on(const leaving& how, std::size_t& done, error_code& failed);
    want go_on(const reading& what, std::size_t& done, error_code& failed);
    want go_on(const writing& what, std::size_t& done, error_code& failed);
    // Whether OpenSSL may touch the socket now, which may have been closed under it.
    bool ready(error_code& failed);
    want judge(int result, error_code& failed);

    template <class What>
    struct operation {
        tls_stream* of = nullptr;
        What what;
        std::size_t done = 0;
        error_code failed{};
        bool waited = false, over = false;

        template <class Self>
        void operator()(Self& self, error_code ec = {})
        {
            if (ec) {
                failed = ec;
                over = true;
            }
            if (!over) {
                const auto next = of->go_on(what, done, failed);
                over = next == want::nothing;
                // A handler is never called from inside of the call that began the operation.
                if (over && !std::exchange(waited, true))
                    return net::post(of->get_executor(), std::move(self));
                if (!over) {
                    waited = true;
                    return of->socket_.async_wait(next == want::input ? net::socket_base::wait_read
                                                                      : net::socket_base::wait_write,
                                                  std::move(self));
                }
            }
            if constexpr (std::is_same_v<What, reading> || std::is_same_v<What, writing>)
                self.complete(failed, done);
            else
                self.complete(failed);
        }
    };

    template <class Signature, class What, class Token>
    auto start(What what, Token&& token)
    {
        return net::async_compose<Token, Signature>(operation<What>{this, what}, token, socket_);
    }

    // What OpenSSL's side of the socket is told and tells; stays where it is when the stream is moved.
    struct wire {
        int descriptor = -1, error = 0;
    };
    struct freed {
        void operator()(SSL* tls) const { SSL_free(tls); }
    };
    static const BIO_METHOD* socket_method();
    static int put(BIO* bio, const char* data, int size);
    static int get(BIO* bio, char* into, int size);
    static long control(BIO* bio, int what, long number, void* pointer);

    net::ip::tcp::socket socket_;
    std::unique_ptr<wire> wire_;
    std::unique_ptr<SSL, freed> tls_;
    error_code read_fault_; // met behind bytes that were handed on first
};

} // namespace layerline::transport
