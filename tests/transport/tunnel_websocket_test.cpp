// A tunnel over real WebSockets on loopback, with and without TLS: dialled by the agent, accepted by the
// HTTP edge of the relay.
#include "tests/transport/tunnel_rig.hpp"
#include "transport/http_client.hpp"
#include "transport/http_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace layerline::transport;
using namespace layerline::tests;
using namespace std::chrono_literals;

namespace {

struct folder {
    folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tunnel-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

// A certificate for 127.0.0.1 that vouches for itself, good for an hour.
tls_files make_certificate(const std::filesystem::path& where)
{
    using file = std::unique_ptr<std::FILE, decltype(&std::fclose)>;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    const auto* name = reinterpret_cast<const unsigned char*>("relay");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
    for (const auto& [extension, value] :
         {std::pair{"basicConstraints", "critical,CA:TRUE"}, std::pair{"subjectAltName", "IP:127.0.0.1"}}) {
        auto* made = X509V3_EXT_conf(nullptr, nullptr, extension, value);
        REQUIRE(made != nullptr);
        X509_add_ext(cert.get(), made, -1);
        X509_EXTENSION_free(made);
    }
    REQUIRE(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0);
    tls_files files{where / "cert.pem", where / "key.pem"};
    const file c(std::fopen(files.certificate_chain.c_str(), "w"), std::fclose);
    const file k(std::fopen(files.private_key.c_str(), "w"), std::fclose);
    PEM_write_X509(c.get(), cert.get());
    PEM_write_PrivateKey(k.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return files;
}

// The relay's edge: accepts one tunnel and keeps its end.
class relay_door final : public service {
public:
    std::shared_ptr<tunnel_client> tunnel;
    std::optional<error_code> ended;

    task<void> serve(exchange& call) override
    {
        if (!call.wants_websocket()) co_return co_await reply(call, 400, "");
        auto stream = co_await call.accept_websocket();
        if (!stream) co_return;
        tunnel = make_tunnel_client(*stream, {});
        const auto executor = co_await net::this_coro::executor;
        auto done = [this](std::exception_ptr, error_code why) { ended = why; };
        net::co_spawn(executor, tunnel->run(), std::move(done));
    }
};

struct loopback {
    explicit loopback(bool with_tls)
    {
        listen_options options;
        client_options dial;
        if (with_tls) {
            options.tls = make_certificate(files.path);
            dial.ca_file = options.tls->certificate_chain;
        }
        auto made = listen_http(context, std::move(options), door);
        REQUIRE(made);
        edge_server = std::move(*made);
        net::co_spawn(context, edge_server->run(), [this](std::exception_ptr) { edge_over = true; });
        const auto url = (with_tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") +
                         std::to_string(edge_server->port()) + "/tunnel";
        auto stream = layerline::fakes::run(context, dial_websocket(url, {}, std::move(dial)));
        REQUIRE(stream);
        socket = *stream;
        agent = make_tunnel_server(socket, answers, {});
        auto done = [this](std::exception_ptr, error_code why) { agent_ended = why; };
        net::co_spawn(context, agent->run(), std::move(done));
        until([&] { return door.tunnel != nullptr; });
    }
    ~loopback()
    {
        door.tunnel->stop(errc::shutting_down);
        agent->stop(errc::shutting_down);
        edge_server->stop(0ms);
        const auto deadline = clock::now() + 10s;
        while ((!door.ended || !agent_ended || !edge_over) && clock::now() < deadline) {
            context.restart();
            context.run_one_for(100ms);
        }
    }
    void until(std::function<bool()> condition)
    {
        const auto deadline = clock::now() + 20s;
        while (!condition()) {
            REQUIRE(clock::now() < deadline);
            context.restart();
            context.run_one_for(100ms);
        }
    }
    task<result<std::string>> fetch(request_head head, std::shared_ptr<body_source> body = nullptr)
    {
        auto answer = co_await door.tunnel->send(std::move(head), std::move(body));
        if (!answer) co_return answer.error();
        co_return co_await read_all(*answer->body, 64 * 1024 * 1024);
    }

    folder files;
    net::io_context context;
    relay_door door;
    scripted_service answers;
    std::unique_ptr<http_server> edge_server;
    std::shared_ptr<message_stream> socket;
    std::shared_ptr<tunnel_server> agent;
    std::optional<error_code> agent_ended;
    bool edge_over = false;
};

} // namespace

TEST_CASE("exchanges pass through a tunnel over a real WebSocket", "[tunnel][websocket]")
{
    const bool with_tls = GENERATE(false, true);
    loopback link(with_tls);
    link.answers.serve_one = [](exchange& call) -> task<void> {
        if (call.request().target == "/hang") {
            co_await call.respond(plain(200));
            wakeup never;
            co_await never.wait();
        }
        auto text = co_await read_all(*call.body(), 64 * 1024 * 1024);
        if (!text) co_return;
        co_await reply(call, 200, std::move(*text));
    };
    const auto small =
        layerline::fakes::run(link.context, link.fetch(tunnel_rig::post(), make_body("hello")));
    REQUIRE(small);
    CHECK(*small == "hello");
    std::string big(5'000'000, '\0');
    for (std::size_t i = 0; i < big.size(); ++i)
        big[i] = static_cast<char>(i * 7919 >> 3);
    const auto large = layerline::fakes::run(link.context, link.fetch(tunnel_rig::post(), make_body(big)));
    REQUIRE(large);
    CHECK(*large == big);
    {
        auto dropped =
            layerline::fakes::run(link.context, link.door.tunnel->send(tunnel_rig::get("/hang"), nullptr));
        REQUIRE(dropped);
        CHECK(link.answers.running == 1);
    }
    link.until([&] { return link.answers.running == 0; });
    SECTION("the relay's word that it was superseded reaches the agent")
    {
        link.door.tunnel->stop(errc::superseded);
        link.until([&] { return link.door.ended && link.agent_ended; });
        CHECK(*link.agent_ended == errc::superseded);
    }
    SECTION("a broken connection is found by both")
    {
        auto held =
            layerline::fakes::run(link.context, link.door.tunnel->send(tunnel_rig::get("/hang"), nullptr));
        REQUIRE(held);
        link.socket->abort();
        link.until([&] { return link.door.ended && link.agent_ended; });
        CHECK(link.answers.running == 0);
        const auto more = layerline::fakes::run(link.context, read_all(*held->body, 10));
        CHECK(more.has_error());
    }
    SECTION("a drained tunnel closes in good order")
    {
        link.agent->drain();
        link.until([&] { return link.door.ended && link.agent_ended; });
        CHECK(*link.door.ended == errc::closed);
        CHECK(*link.agent_ended == errc::closed);
    }
}
