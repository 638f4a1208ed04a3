// TLS on both sides, with certificates made on the spot: who is trusted, who is not, and what both ends
// agree on.
#include "edges_fixture.hpp"

#include "transport/error.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

using namespace layerline::transport;
using namespace std::chrono_literals;

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using cert_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using file_ptr = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

struct identity {
    key_ptr key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    cert_ptr cert{X509_new(), X509_free};
};

void extend(identity& who, const char* name, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, who.cert.get(), who.cert.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, &context, name, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(who.cert.get(), extension, -1);
    X509_EXTENSION_free(extension);
}

// Signed by `ca`, or by itself. Valid from `from` for an hour, in seconds from now.
identity make_identity(const std::string& common_name, const std::string& names, const identity* ca,
                       long from = -60)
{
    identity out;
    X509* cert = out.cert.get();
    X509_set_version(cert, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), from + 3600);
    X509_set_pubkey(cert, out.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(ca != nullptr ? ca->cert.get() : cert));
    extend(out, "basicConstraints", ca != nullptr ? "CA:FALSE" : "critical,CA:TRUE");
    if (!names.empty()) extend(out, "subjectAltName", names);
    REQUIRE(X509_sign(cert, ca != nullptr ? ca->key.get() : out.key.get(), EVP_sha256()) > 0);
    return out;
}

void save(const identity& who, const std::filesystem::path& cert, const std::filesystem::path& key)
{
    const file_ptr c(std::fopen(cert.c_str(), "w"), std::fclose);
    PEM_write_X509(c.get(), who.cert.get());
    const file_ptr k(std::fopen(key.c_str(), "w"), std::fclose);
    PEM_write_PrivateKey(k.get(), who.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

struct tls_fixture : edge_fixture {
    tls_fixture()
    {
        save(ca, folder.path / "ca.pem", folder.path / "ca.key");
        trusting.ca_file = folder.path / "ca.pem";
    }
    void listen_as(const std::string& names, long from = -60)
    {
        save(make_identity("server", names, &ca, from), folder.path / "server.pem",
             folder.path / "server.key");
        listen([this](listen_options& o) {
            o.tls = tls_files{folder.path / "server.pem", folder.path / "server.key"};
        });
    }
    error_code ask(const std::string& base, client_options options)
    {
        const auto answer = run(fetch(client_at(base, std::move(options)), get("/"), nullptr));
        return answer ? error_code{} : answer.error();
    }

    temporary_folder folder;
    identity ca = make_identity("a test's own CA", "", nullptr);
    client_options trusting;
};

} // namespace

TEST_CASE_METHOD(tls_fixture, "a certificate of the named CA is trusted, for its address and its name")
{
    listen_as("DNS:localhost,IP:127.0.0.1");
    CHECK_FALSE(ask(url("https"), trusting));
    CHECK_FALSE(ask(url("https", "localhost"), trusting));
}

TEST_CASE_METHOD(tls_fixture, "requests follow one another on one TLS connection, with large bodies")
{
    service.answer = [](exchange& call) -> task<void> {
        const auto text = co_await read_all(*call.body(), 16 * 1024 * 1024);
        if (text) co_await respond_with(call, {}, *text);
    };
    listen_as("IP:127.0.0.1");
    const auto by = client_at(url("https"), trusting);
    const std::string text(5 * 1024 * 1024, 't');
    for (int i = 0; i < 2; ++i) {
        const auto answer = run(fetch(by, post("/"), make_body(text)));
        REQUIRE(answer.has_value());
        CHECK(answer->second == text);
    }
}

TEST_CASE_METHOD(tls_fixture, "a certificate of another CA is refused")
{
    listen_as("IP:127.0.0.1");
    save(make_identity("a test's own CA", "", nullptr), folder.path / "other.pem", folder.path / "other.key");
    client_options other;
    other.ca_file = folder.path / "other.pem";
    CHECK(ask(url("https"), other) == errc::certificate_refused);
    CHECK(ask(url("https"), client_options{}) == errc::certificate_refused); // the system's store
    CHECK(service.calls == 0);
}

TEST_CASE_METHOD(tls_fixture, "a certificate for another host or address is refused")
{
    listen_as("DNS:relay.example,IP:192.0.2.1");
    CHECK(ask(url("https"), trusting) == errc::certificate_refused);
    CHECK(ask(url("https", "localhost"), trusting) == errc::certificate_refused);
    CHECK(service.calls == 0);
}

TEST_CASE_METHOD(tls_fixture, "a certificate that is not valid yet is refused")
{
    listen_as("IP:127.0.0.1", 3600);
    CHECK(ask(url("https"), trusting) == errc::certificate_refused);
}

TEST_CASE_METHOD(tls_fixture, "a CA file that cannot be read is an error, not the system's store")
{
    listen_as("IP:127.0.0.1");
    client_options none;
    none.ca_file = folder.path / "missing.pem";
    CHECK(ask(url("https"), none) == errc::certificate_refused);
}

TEST_CASE_METHOD(tls_fixture, "plain text to a TLS port, and TLS to a plain port, end in an error")
{
    listen_as("IP:127.0.0.1");
    CHECK(ask(url("http"), {}));
    CHECK(service.calls == 0);
    stop(0ms);
    ended = false;
    listen();
    CHECK(ask(url("https"), trusting) == errc::malformed);
}

TEST_CASE_METHOD(tls_fixture, "files that do not fit each other are told at once")
{
    save(make_identity("one", "IP:127.0.0.1", &ca), folder.path / "one.pem", folder.path / "one.key");
    listen_options options;
    options.tls = tls_files{folder.path / "one.pem", folder.path / "ca.key"};
    CHECK(listen_http(context, options, service).has_error());
    options.tls = tls_files{folder.path / "missing.pem", folder.path / "one.key"};
    CHECK(listen_http(context, options, service).has_error());
}

TEST_CASE_METHOD(tls_fixture,
                 "both ends of a wss stream have the same channel binding, and another stream another")
{
    std::shared_ptr<message_stream> far;
    service.answer = [&far](exchange& call) -> task<void> {
        auto accepted = co_await call.accept_websocket();
        if (accepted) far = *accepted;
    };
    listen_as("IP:127.0.0.1");
    std::array<unsigned char, 32> last{};
    for (int i = 0; i < 2; ++i) {
        far = nullptr;
        const auto near = run(dial_websocket(url("wss"), {}, trusting));
        REQUIRE(near.has_value());
        until([&] { return far != nullptr; });
        const auto here = (*near)->channel_binding(), there = far->channel_binding();
        REQUIRE(here);
        CHECK(here == there);
        CHECK(*here != last);
        last = *here;
        const std::string text(200000, 'm');
        CHECK(run(pass(*near, far, text)).value() == text);
        CHECK(run(pass(far, *near, text)).value() == text);
        (*near)->abort();
        CHECK(run(far->read_message(100)).has_error());
        far->abort();
    }
    CHECK(run(dial_websocket(url("wss"), {}, {})).error() == errc::certificate_refused);
}

TEST_CASE_METHOD(tls_fixture, "a caller that leaves a TLS stream ends its handler")
{
    bool cancelled = false;
    service.answer = [&](exchange& call) -> task<void> {
        co_await call.respond({});
        net::steady_timer never(co_await net::this_coro::executor, clock::time_point::max());
        error_code ec;
        co_await never.async_wait(net::redirect_error(net::use_awaitable, ec));
        cancelled = true;
    };
    listen_as("IP:127.0.0.1");
    {
        const auto answer = run(client_at(url("https"), trusting)->send(get("/"), nullptr));
        REQUIRE(answer.has_value());
    }
    until([&] { return cancelled; });
}
