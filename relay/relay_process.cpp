#include "relay/relay_process.hpp"

#include "access/audit.hpp"
#include "access/control_call.hpp"
#include "access/identity.hpp"
#include "access/store.hpp"
#include "access/token_service.hpp"
#include "relay/agents.hpp"
#include "relay/control_service.hpp"
#include "relay/figures.hpp"
#include "relay/registry.hpp"
#include "relay/relay_service.hpp"
#include "relay/tunnel_door.hpp"
#include "relay/version.hpp"
#include "transport/error.hpp"
#include "transport/heap_tidier.hpp"
#include "transport/http_client.hpp"
#include "transport/http_server.hpp"
#include "transport/small_blocks.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>

namespace layerline::relay {

namespace {

namespace net = transport::net;

constexpr std::chrono::milliseconds grace{2000}; // for exchanges under way when the relay stops

service_limits limits_of(const configuration& settings)
{
    constexpr std::uint64_t kibibyte = 1024, mebibyte = 1024UL * 1024;
    // Several people may share an address.
    constexpr std::uint32_t address_share = 4;
    service_limits limits;
    limits.forward.max_upload_bytes = settings.max_upload_mb * mebibyte;
    limits.forward.max_download_bytes = settings.max_download_mb * mebibyte;
    limits.forward.answer_timeout = std::chrono::seconds(settings.answer_timeout_s);
    limits.requests_per_minute = settings.requests_per_minute;
    limits.requests_per_minute_per_address = settings.requests_per_minute_per_address != 0
                                                 ? settings.requests_per_minute_per_address
                                                 : settings.requests_per_minute * address_share;
    limits.streams_per_token = settings.streams_per_token;
    limits.streams_per_address = settings.streams_per_address;
    limits.camera_streams_per_token = settings.camera_streams_per_token;
    limits.bytes_per_second = settings.max_rate_kb_s * kibibyte;
    limits.bytes_per_second_per_address = settings.max_rate_kb_s_per_address * kibibyte;
    limits.minimum_agent_version = settings.minimum_agent_version;
    limits.log = settings.log_requests;
    return limits;
}

transport::listen_options public_edge(const configuration& settings)
{
    transport::listen_options options;
    options.address = settings.address;
    options.port = settings.port;
    options.limits.max_connections = settings.max_connections;
    options.limits.max_per_address = settings.connections_per_address;
    options.limits.max_header_bytes = settings.max_header_kb * 1024UL;
    if (!settings.certificate.empty())
        options.tls = transport::tls_files{settings.certificate, settings.private_key};
    return options;
}

// Each agent and each caller takes a descriptor: as many as the system allows.
void raise_open_files()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// A scripts' reader sees the whole file or none.
bool write_ready(const std::filesystem::path& file, const nlohmann::json& facts)
{
    const auto temporary = file.string() + ".new";
    {
        std::ofstream out(temporary);
        out << facts.dump() << "\n";
        if (!out) return false;
    }
    std::error_code fault;
    std::filesystem::rename(temporary, file, fault);
    return !fault;
}

std::string url_of(const configuration& settings, std::uint16_t port)
{
    auto host = settings.address;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return (settings.certificate.empty() ? "http://" : "https://") + host + ":" + std::to_string(port);
}

int failed(const std::string& what, const transport::error_code& why)
{
    spdlog::critical("{}: {}", what, why.message());
    return 1;
}

// What may be freed between two looks before it is worth handing back, with thousands of tunnels.
constexpr std::size_t worth_tidying = 2UL * 1024 * 1024;
constexpr std::chrono::seconds between_looks{2};

struct parts {
    agents& known;
    registry& present;
    transport::http_server& public_server;
    transport::http_server& control_server;
    observe::exposition& metrics;
    tunnel_door& door;
    transport::heap_tidier& heap;
};

// Waits for a signal, then ends every connection; the context runs dry after that.
transport::task<void> stop_on_signal(parts all)
{
    net::signal_set signals(co_await net::this_coro::executor, SIGTERM, SIGINT);
    const auto number = co_await signals.async_wait(net::use_awaitable);
    spdlog::info("stopping on signal {}", number);
    all.heap.stop();
    all.door.close();
    for (const auto& tunnel : all.present.all())
        tunnel->stop(make_error_code(transport::errc::shutting_down));
    all.public_server.stop(grace);
    all.control_server.stop(grace);
    all.metrics.close();
}

transport::task<void> load(agents& known, transport::error_code& fault)
{
    auto loaded = co_await known.load();
    if (!loaded) fault = loaded.error();
}

} // namespace

int run_relay(const run_options& options)
{
    std::signal(SIGPIPE, SIG_IGN);
    raise_open_files();
    std::error_code ignored;
    std::filesystem::create_directories(options.state, ignored);
    ::chmod(options.state.c_str(), 0700);

    net::io_context context(net::one_thread); // outlives the store, whose answers come back to it
    auto self = access::load_identity({.file = options.state / "identity.pem", .machine_id_file = {}});
    if (!self) return failed("the relay's key in " + options.state.string(), self.error());
    access::store_options kept;
    kept.file = options.state / "access.db";
    kept.may_open_later = true;
    auto keeper = access::open_store(kept);
    if (!keeper) return failed("the store in " + options.state.string(), keeper.error());
    auto audit = access::open_audit_log(options.state / "audit.jsonl");
    if (!audit) return failed("the audit log in " + options.state.string(), audit.error());

    auto tokens = access::make_token_service(**keeper);
    agents known(**keeper, **audit, std::string(version), options.settings.minimum_agent_version);
    registry present;
    transport::error_code fault;
    net::co_spawn(context, load(known, fault), net::detached);
    context.run();
    context.restart();
    if (fault == access::errc::store_corrupt || fault == access::errc::store_too_new)
        return failed("the printers in the store", fault);
    if (fault)
        spdlog::error("the store in {} cannot be read: {}; requests are answered 600 until it can",
                      options.state.string(), fault.message());

    figures counts;
    tunnel_door door(*self, options.settings.names, known, present, **keeper, counts);
    relay_service answers(*tokens, known, present, door, counts, limits_of(options.settings));
    answers.serve_hosts(options.settings.host_mode);
    if (!options.settings.workshop_socket.empty())
        answers.serve_workshop(transport::make_http_client(
            context, "unix:" + options.settings.workshop_socket.string(), transport::client_options()));
    control_service control(known, present, *tokens, **audit);

    auto public_server = transport::listen_http(context, public_edge(options.settings), answers);
    if (!public_server)
        return failed("listening on " + options.settings.address + ":" +
                          std::to_string(options.settings.port),
                      public_server.error());
    transport::listen_options control_edge;
    control_edge.unix_path = access::control_socket_in(options.state);
    control_edge.via = transport::edge::local;
    auto control_server = transport::listen_http(context, control_edge, control);
    if (!control_server)
        return failed("the control socket in " + options.state.string(), control_server.error());

    observe::exposition metrics(counts.registry(), [&] {
        counts.now(present.size(), known.waiting(), (*public_server)->connections() + present.size(),
                   answers.streams());
    });
    // Figures are no reason not to carry anything.
    if (auto opened = metrics.open(context, options.settings.metrics); !opened)
        spdlog::warn("no /metrics on {}:{}: {}", options.settings.metrics.address,
                     options.settings.metrics.port, opened.error().message());

    const auto url = url_of(options.settings, (*public_server)->port());
    net::co_spawn(context, (*public_server)->run(), net::detached);
    net::co_spawn(context, (*control_server)->run(), net::detached);
    transport::heap_tidier heap(context, worth_tidying, between_looks);
    net::co_spawn(context, heap.run(), net::detached);
    net::co_spawn(context,
                  stop_on_signal({known, present, **public_server, **control_server, metrics, door, heap}),
                  net::detached);
    spdlog::info("relay {} listens on {}", version, url);
    const auto metrics_url = metrics.port() != 0 ? "http://" + options.settings.metrics.address + ":" +
                                                       std::to_string(metrics.port()) + "/metrics"
                                                 : std::string();
    if (!metrics_url.empty()) spdlog::info("figures are at {}", metrics_url);
    if (!options.ready_file.empty() &&
        !write_ready(options.ready_file, {{"url", url},
                                          {"port", (*public_server)->port()},
                                          {"metrics", metrics_url},
                                          {"control", control_edge.unix_path.string()}})) {
        spdlog::critical("{} cannot be written", options.ready_file.string());
        return 1;
    }
    transport::keep_small_blocks();
    context.run();
    spdlog::info("stopped");
    return 0;
}

} // namespace layerline::relay
