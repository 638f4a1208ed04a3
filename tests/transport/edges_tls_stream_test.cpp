// The TLS stream by itself, both ends in one thread: what arrives, what an end means, what a closed socket
// does.
#include "transport/tls_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <string>
#include <vector>

using namespace layerline::transport;
using net::ip::tcp;

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);

// A connection with both handshakes done. The server has a certificate that nobody asks about.
struct pair_of_ends {
    pair_of_ends()
    {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
        const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
        X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
        X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
        X509_set_pubkey(cert.get(), key.get());
        REQUIRE(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0);
        REQUIRE(SSL_CTX_use_certificate(serving.native_handle(), cert.get()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(serving.native_handle(), key.get()) == 1);

        tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
        tcp::socket out(context);
        out.connect(acceptor.local_endpoint());
        here = std::make_unique<tls_stream>(std::move(out), asking);
        there = std::make_unique<tls_stream>(acceptor.accept(), serving);
        run(shake(*here, net::ssl::stream_base::client), shake(*there, net::ssl::stream_base::server));
    }

    static task<void> shake(tls_stream& end, tls_stream::side as)
    {
        const auto [ec] = co_await end.async_handshake(as, as_result);
        CHECK_FALSE(ec);
    }
    // All of them at the same time, until all have ended.
    template <class... Tasks>
    void run(Tasks... all)
    {
        (net::co_spawn(context, std::move(all), net::detached), ...);
        context.restart();
        context.run();
    }

    net::io_context context;
    net::ssl::context serving{net::ssl::context::tls_server}, asking{net::ssl::context::tls_client};
    std::unique_ptr<tls_stream> here, there;
};

std::string pattern(std::size_t size, unsigned seed)
{
    std::string text(size, '\0');
    for (auto& c : text)
        c = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
    return text;
}

// In three parts, as a head, its body and an end.
task<void> send(tls_stream& to, const std::string& text, std::size_t first, std::size_t second)
{
    std::array<net::const_buffer, 3> parts{
        net::buffer(text.data(), first), net::buffer(text.data() + first, second),
        net::buffer(text.data() + first + second, text.size() - first - second)};
    while (net::buffer_size(parts) > 0) {
        const auto [ec, n] = co_await to.async_write_some(parts, as_result);
        CHECK_FALSE(ec);
        CHECK(n > 0);
        if (ec || n == 0) co_return;
        std::size_t sent = n;
        for (auto& part : parts) {
            const auto taken = std::min(sent, part.size());
            part += taken;
            sent -= taken;
        }
    }
}

// `most` bytes a read, until as many as `expected` has are there.
task<void> receive(tls_stream& from, const std::string& expected, std::size_t most)
{
    std::string text;
    std::vector<char> piece(most);
    while (text.size() < expected.size()) {
        const auto [ec, n] = co_await from.async_read_some(net::buffer(piece), as_result);
        CHECK_FALSE(ec);
        if (ec) co_return;
        text.append(piece.data(), n);
    }
    CHECK(text == expected);
}

task<void> read_once(tls_stream& from, error_code& ec, std::size_t& n)
{
    std::array<char, 64> into{};
    std::tie(ec, n) = co_await from.async_read_some(net::buffer(into), as_result);
}

task<void> leave(tls_stream& end, error_code& why)
{
    std::tie(why) = co_await end.async_shutdown(as_result);
}

task<void> hear_and_leave(tls_stream& end, error_code& ec, std::size_t& n)
{
    co_await read_once(end, ec, n);
    error_code ignored;
    co_await leave(end, ignored);
}

} // namespace

TEST_CASE_METHOD(pair_of_ends, "parts of any sizes arrive whole and in order, in reads of any size")
{
    const auto text = pattern(200'000, 1);
    const auto [first, second, most] = GENERATE(table<std::size_t, std::size_t, std::size_t>({
        {10, 20, 1},
        {0, 16 * 1024, 100},
        {10, 100'000, 64 * 1024},
        {100'000, 3, 1024 * 1024},
        {16 * 1024 - 1, 16 * 1024 + 1, 16 * 1024},
    }));
    run(send(*here, text, first, second), receive(*there, text, most));
}

TEST_CASE_METHOD(pair_of_ends, "both directions carry more than the sockets hold, at the same time")
{
    const auto up = pattern(16 * 1024 * 1024, 2), down = pattern(16 * 1024 * 1024, 3);
    run(send(*here, up, 100, 1'000'000), receive(*there, up, 300'000), send(*there, down, 5, 5),
        receive(*here, down, 5000));
}

TEST_CASE_METHOD(pair_of_ends, "an end with a good-bye is told apart from one without")
{
    error_code ec, left;
    std::size_t n = 0;
    SECTION("with")
    {
        run(leave(*here, left), hear_and_leave(*there, ec, n));
        CHECK(ec == net::error::eof);
        CHECK_FALSE(left); // answered
    }
    SECTION("without")
    {
        here->next_layer().shutdown(net::socket_base::shutdown_send);
        run(read_once(*there, ec, n));
        CHECK(ec == net::ssl::error::stream_truncated);
    }
    CHECK(n == 0);
}

TEST_CASE_METHOD(pair_of_ends, "what came before an end is handed on first")
{
    error_code ec;
    std::size_t n = 0;
    run(send(*here, "the last words", 3, 5));
    here->next_layer().shutdown(net::socket_base::shutdown_send);
    run(read_once(*there, ec, n));
    CHECK_FALSE(ec);
    CHECK(n == 14);
    run(read_once(*there, ec, n));
    CHECK(ec == net::ssl::error::stream_truncated);
}

TEST_CASE_METHOD(pair_of_ends, "bytes that are no TLS are an error, and stay one")
{
    here->next_layer().send(net::buffer(std::string(100, 'x')));
    error_code ec;
    std::size_t n = 0;
    for (int i = 0; i < 2; ++i) {
        run(read_once(*there, ec, n));
        CHECK(ec);
        CHECK(n == 0);
    }
}

TEST_CASE_METHOD(pair_of_ends, "closing the socket ends what waits, and nothing begins on it afterwards")
{
    error_code ec;
    std::size_t n = 0;
    net::post(context, [this] { there->next_layer().close(); });
    run(read_once(*there, ec, n));
    CHECK(ec);
    run(read_once(*there, ec, n));
    CHECK(ec == net::error::bad_descriptor);
}
