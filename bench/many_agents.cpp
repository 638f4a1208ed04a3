// layerline-bench-agents: thousands of agents in one process, each with a key, a handshake and a tunnel of
// its own. They are claimed through the relay's control socket, dial again as agents do when their tunnel
// ends, and answer every request with the same bytes. Tells on standard output how many are connected,
// whenever that changed.
#include "access/handshake.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"
#include "transport/tunnel/dial_planner.hpp"
#include "transport/tunnel/tunnel.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace layerline::bench {

namespace net = transport::net;
using transport::task;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

struct options {
    std::string url, host = "127.0.0.1", control, ids;
    std::filesystem::path ca_file;
    std::size_t count = 1, at_once = 64, answer_bytes = 1024;
    bool tls = false;
};

// What all of them share.
struct crowd {
    explicit crowd(net::io_context& io, options given)
        : context(io), settings(std::move(given)),
          relay(transport::make_http_client(io, "unix:" + settings.control, {}))
    {
    }
    net::io_context& context;
    options settings;
    std::shared_ptr<transport::requester> relay;
    std::size_t up = 0, told = 0;
};

class same_answer final : public transport::service {
public:
    explicit same_answer(std::size_t bytes) : body_(bytes, 'x') {}
    task<void> serve(transport::exchange& call) override
    {
        transport::response_head head;
        head.headers.set("content-type", "application/octet-stream");
        (void)co_await transport::respond_with(call, std::move(head), body_);
    }

private:
    std::string body_;
};

class one_agent final : public access::agent_desk {
public:
    one_agent(crowd& all, transport::service& answers, std::shared_ptr<const access::identity> self,
              std::uint64_t seed)
        : all_(all), answers_(answers), self_(std::move(self)), planner_(settings_of(seed)),
          bell_(all.context)
    {
    }

    // Dials for as long as the program lives.
    task<void> run()
    {
        auto action = planner_.start(transport::clock::now());
        for (;;) {
            if (const auto* wait = std::get_if<transport::dial_planner::wait_until>(&action)) {
                bell_.expires_at(wait->when);
                co_await bell_.async_wait(as_tuple);
                action = planner_.woken(transport::clock::now());
            } else if (std::holds_alternative<transport::dial_planner::dial>(action)) {
                const auto why = co_await connect();
                action = was_up_ ? planner_.tunnel_ended(transport::clock::now(), why)
                                 : planner_.refused(transport::clock::now(), why);
            } else {
                std::fprintf(stderr, "an agent has given up: %s\n", last_.c_str());
                co_return;
            }
        }
    }

    void show_code(const std::string& code, std::chrono::seconds) override
    {
        auto claim = claim_with(code);
        net::co_spawn(all_.context, std::move(claim), net::detached);
    }
    void hide_code() override {}
    task<transport::result<void>> keep_pin(access::relay_pin pin) override
    {
        pin_ = pin;
        co_return transport::result<void>();
    }
    bool claimed() const { return pin_.has_value(); }

private:
    static transport::dial_settings settings_of(std::uint64_t seed)
    {
        transport::dial_settings settings;
        settings.seed = seed;
        return settings;
    }

    // The code is shown a moment before the relay has heard of it: 404 until then, which counts as a wrong
    // code and shuts us out after a few.
    task<void> claim_with(std::string code)
    {
        const auto body = R"({"code":")" + code + R"(","name":"bench"})";
        net::steady_timer pause(all_.context);
        unsigned status = 0;
        for (int tries = 0; tries < 50; ++tries) {
            pause.expires_after(std::chrono::milliseconds(500));
            co_await pause.async_wait(as_tuple);
            transport::request_head head;
            head.method = "POST";
            head.target = "/control/claim";
            head.headers.set("content-type", "application/json");
            head.headers.set("content-length", std::to_string(body.size()));
            auto answer = co_await all_.relay->send(std::move(head), transport::make_body(body));
            status = answer ? answer->head.status : 0;
            if (answer) (void)co_await transport::read_all(*answer->body, 64UL * 1024);
            if (status != 404) break;
        }
        if (status != 200) std::fprintf(stderr, "a claim failed: %u\n", status);
    }

    task<transport::error_code> connect()
    {
        was_up_ = false;
        transport::client_options dialling;
        dialling.ca_file = all_.settings.ca_file;
        auto stream = co_await transport::dial_websocket(all_.settings.url + "/tunnel/v1",
                                                         transport::fields(), dialling);
        if (!stream) {
            last_ = stream.error().message();
            co_return stream.error();
        }
        access::agent_handshake_options handshake;
        handshake.self = self_;
        handshake.software_version = LAYERLINE_VERSION;
        handshake.host = all_.settings.host;
        handshake.binding =
            all_.settings.tls ? access::binding_mode::tls_exporter : access::binding_mode::off;
        handshake.pin = pin_;
        auto session = co_await access::agent_handshake(*stream, handshake, *this);
        if (!session) {
            last_ = session.error().text;
            co_return session.error().permanent ? make_error_code(transport::errc::credentials_refused)
                                                : session.error().code;
        }
        (void)planner_.dialled(transport::clock::now());
        was_up_ = true;
        ++all_.up;
        transport::tunnel_limits limits;
        const auto tunnel = transport::make_tunnel_server(*stream, answers_, limits);
        stream->reset();
        const auto why = co_await tunnel->run();
        --all_.up;
        last_ = why.message();
        co_return why;
    }

    crowd& all_;
    transport::service& answers_;
    std::shared_ptr<const access::identity> self_;
    transport::dial_planner planner_;
    net::steady_timer bell_;
    std::optional<access::relay_pin> pin_;
    bool was_up_ = false;
    std::string last_;
};

// Ten times a second, when something changed.
task<void> tell(crowd& all)
{
    net::steady_timer clock(all.context);
    for (;;) {
        clock.expires_after(std::chrono::milliseconds(100));
        co_await clock.async_wait(as_tuple);
        if (all.up == all.told) continue;
        all.told = all.up;
        std::printf("%zu\n", all.up);
        std::fflush(stdout);
    }
}

// Starts them a few at a time, so that pairing does not swamp the relay's listener.
task<void> start_all(crowd& all, transport::service& answers, std::vector<std::shared_ptr<one_agent>>& agents)
{
    net::steady_timer clock(all.context);
    std::ofstream ids(all.settings.ids);
    for (std::size_t i = 0; i < all.settings.count; ++i) {
        auto self = access::make_identity();
        if (!self) {
            std::fprintf(stderr, "no key could be made\n");
            all.context.stop();
            co_return;
        }
        ids << (*self)->agent_id() << '\n';
        agents.push_back(std::make_shared<one_agent>(all, answers, *self, i + 1));
        auto life = agents.back()->run();
        net::co_spawn(all.context, std::move(life), net::detached);
        while (all.up + all.settings.at_once <= i) {
            clock.expires_after(std::chrono::milliseconds(5));
            co_await clock.async_wait(as_tuple);
        }
    }
}

int run_program(int argc, char** argv)
{
    options chosen;
    CLI::App app("Thousands of agents, for measuring a relay.");
    app.add_option("--url", chosen.url, "ws:// or wss://")->required();
    app.add_option("--ca-file", chosen.ca_file, "authority of the relay's certificate");
    app.add_option("--control", chosen.control, "the relay's control socket")->required();
    app.add_option("--ids", chosen.ids, "file that gets the agents' ids")->required();
    app.add_option("--count", chosen.count)->check(CLI::Range(1, 100000));
    app.add_option("--answer-bytes", chosen.answer_bytes, "of every answer")->check(CLI::Range(0, 16777216));
    CLI11_PARSE(app, argc, argv);
    chosen.tls = chosen.url.starts_with("wss:");

    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::signal(SIGPIPE, SIG_IGN);
    spdlog::set_level(spdlog::level::err);

    net::io_context context(1);
    same_answer answers(chosen.answer_bytes);
    crowd all(context, chosen);
    std::vector<std::shared_ptr<one_agent>> agents;
    auto words = tell(all);
    net::co_spawn(context, std::move(words), net::detached);
    auto start = start_all(all, answers, agents);
    net::co_spawn(context, std::move(start), net::detached);
    context.run();
    return 1;
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
