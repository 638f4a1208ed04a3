#include "workshop/service/workshop_process.hpp"

#include "access/audit.hpp"
#include "access/base64.hpp"
#include "access/control_call.hpp"
#include "access/crypto.hpp"
#include "access/private_file.hpp"
#include "access/store.hpp"
#include "access/token_control.hpp"
#include "access/token_service.hpp"
#include "transport/http_server.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/service/callback_sender.hpp"
#include "workshop/service/model_service.hpp"
#include "workshop/service/print_watch.hpp"
#include "workshop/service/slice_service.hpp"
#include "workshop/service/workshop_router.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <vector>

#include <sys/stat.h>

namespace layerline::workshop {

namespace {

namespace net = transport::net;

constexpr std::chrono::milliseconds grace{2000}; // for exchanges under way when the workshop stops
constexpr std::chrono::seconds between_sweeps{60};
constexpr std::uint64_t mebibyte = 1024UL * 1024;

// The owner's commands over the control socket: tokens.
class token_desk final : public transport::service {
public:
    token_desk(access::token_service& tokens, access::audit_log& audit) : tokens_(tokens), audit_(audit) {}
    transport::task<void> serve(transport::exchange& call) override
    {
        const bool served = co_await access::serve_token_control(
            call, tokens_, audit_, static_cast<unsigned>(model_errc::server_error));
        if (served) co_return;
        transport::response_head head;
        head.status = 404;
        head.headers.set("content-type", "application/json");
        (void)co_await transport::respond_with(call, std::move(head), "{\"Error\":\"no such command\"}");
    }

private:
    access::token_service& tokens_;
    access::audit_log& audit_;
};

runner_limits limits_of(const configuration& settings)
{
    runner_limits limits;
    limits.at_once = settings.at_once;
    limits.time = std::chrono::seconds(settings.time_s);
    limits.each.memory_bytes = settings.memory_mb * mebibyte;
    limits.each.cpu_seconds = settings.cpu_s;
    limits.each.output_bytes = settings.output_mb * mebibyte;
    limits.kept = std::chrono::hours(settings.kept_hours);
    return limits;
}

service_limits service_limits_of(const configuration& settings)
{
    service_limits limits;
    limits.max_upload_bytes = settings.max_upload_mb * mebibyte;
    limits.max_chunk_bytes = settings.max_chunk_mb * mebibyte;
    limits.open_uploads = settings.open_uploads;
    limits.uploads_per_month = settings.uploads_per_month;
    limits.free_memory_bytes = settings.free_memory_mb * mebibyte;
    limits.job_memory_bytes = settings.memory_mb * mebibyte;
    limits.kept = std::chrono::hours(settings.kept_hours);
    return limits;
}

// The owner's own, in place of those of the same name; what is wrong, or nothing.
std::string add_profiles(profile_book& into, const std::filesystem::path& folder)
{
    if (folder.empty()) return {};
    std::error_code fault;
    std::vector<std::filesystem::path> all;
    for (std::filesystem::directory_iterator at(folder, fault), end; !fault && at != end; at.increment(fault))
        if (at->path().extension() == ".toml") all.push_back(at->path());
    if (fault) return folder.string() + ": " + fault.message();
    std::sort(all.begin(), all.end());
    for (const auto& file : all) {
        const auto text = read_model_file(file, most_profile_bytes);
        if (text.has_error()) return text_of(text.error());
        auto read = parse_profile(*text, file.stem().string());
        if (auto* wrong = std::get_if<profile_fault>(&read)) return wrong->text;
        into.add(std::get<profile>(std::move(read)));
    }
    return {};
}

slice_settings slice_settings_of(const configuration& settings, const std::filesystem::path& state)
{
    slice_settings made;
    made.engine = settings.engine;
    if (settings.cache_mb > 0) made.cache = std::filesystem::absolute(state) / "cache";
    made.most_cache_bytes = settings.cache_mb * mebibyte;
    made.free_memory_bytes = settings.free_memory_mb * mebibyte;
    made.kept = std::chrono::hours(settings.kept_hours);
    made.buckets = settings.buckets;
    for (const auto& one : built_in_profiles())
        made.profiles.add(one);
    return made;
}

int failed(const std::string& what, const std::string& why)
{
    spdlog::critical("{}: {}", what, why);
    return 1;
}

// A script's reader sees the whole file or none.
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

std::string url_of(const std::string& address, std::uint16_t port)
{
    auto host = address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return "http://" + host + ":" + std::to_string(port);
}

// What callbacks are signed with: made at the first start, for the owner to read.
std::optional<std::string> callback_secret_in(const std::filesystem::path& state)
{
    const auto file = state / "callback.secret";
    constexpr std::size_t most = 4096;
    if (auto kept = access::read_private_file(file, most); kept.has_value()) {
        auto text = std::move(kept->content);
        while (text.ends_with('\n'))
            text.pop_back();
        if (!text.empty()) return text;
    } else if (kept.error() != boost::system::errc::no_such_file_or_directory) {
        return std::nullopt;
    }
    std::array<unsigned char, 32> random{};
    if (!access::random_bytes(random)) return std::nullopt;
    auto made = access::to_base64url(random);
    if (access::write_private_file(file, made + "\n")) return std::nullopt;
    return made;
}

transport::task<void> sweep(ledger_thread& kept, shelf& files, chunked_uploads& chunked,
                            net::steady_timer& timer)
{
    for (;;) {
        co_await chunked.sweep();
        auto forget = [](ledger& all) { return all.drop_expired_sessions(unix_now()); };
        if (const auto done = co_await kept.ask(std::move(forget)); done.has_error())
            spdlog::error("old sessions: {}", text_of(done.error()));
        auto drop = [](ledger& all) { return all.drop_expired(unix_now()); };
        auto gone = co_await kept.ask(std::move(drop));
        if (gone.has_error())
            spdlog::error("old files: {}", text_of(gone.error()));
        else
            for (const auto& id : *gone)
                files.remove(id);
        timer.expires_after(between_sweeps);
        const auto [code] = co_await timer.async_wait(net::as_tuple(net::use_awaitable));
        if (code) co_return;
    }
}

// None begins before it is known whether a printer prints.
transport::task<void> operations(print_watch& prints, job_runner& runner)
{
    co_await prints.look();
    co_await runner.run();
}

struct parts {
    std::vector<transport::http_server*> servers;
    job_runner& runner;
    net::steady_timer& sweeper;
    callback_sender& callbacks;
    print_watch& prints;
    observe::exposition& metrics;
};

// Waits for a signal, then ends everything; the context runs dry after that.
transport::task<void> stop_on_signal(parts all)
{
    net::signal_set signals(co_await net::this_coro::executor, SIGTERM, SIGINT);
    const auto number = co_await signals.async_wait(net::use_awaitable);
    spdlog::info("stopping on signal {}", number);
    for (auto* const server : all.servers)
        server->stop(grace);
    all.sweeper.cancel();
    all.callbacks.stop();
    all.prints.stop();
    all.metrics.close();
    all.runner.stop();
}

// What was running when the service ended is done anew; what no record names is removed.
model_result<std::size_t> recover(ledger& kept, const shelf& files)
{
    auto known = kept.all_files();
    if (known.has_error()) return known.error();
    files.remove_all_but(*std::move(known));
    return kept.recover_jobs();
}

} // namespace

int run_workshop(const run_options& options)
{
    const auto& settings = options.settings;
    std::error_code ignored;
    std::filesystem::create_directories(options.state, ignored);
    ::chmod(options.state.c_str(), 0700);

    net::io_context context(net::one_thread); // outlives the stores, whose answers come back to it
    access::store_options tokens_kept;
    tokens_kept.file = options.state / "access.db";
    auto keeper = access::open_store(tokens_kept);
    if (!keeper) return failed("the store of tokens in " + options.state.string(), keeper.error().message());
    auto audit = access::open_audit_log(options.state / "audit.jsonl");
    if (!audit) return failed("the audit log in " + options.state.string(), audit.error().message());
    auto tokens = access::make_token_service(**keeper);

    auto opened = open_ledger(options.state / "workshop.db");
    if (opened.has_error()) return failed("the ledger", text_of(opened.error()));
    auto files = shelf::open(options.state);
    if (files.has_error()) return failed("the folder of files", text_of(files.error()));
    const auto recovered = recover(**opened, **files);
    if (recovered.has_error()) return failed("the ledger", text_of(recovered.error()));
    if (*recovered > 0) spdlog::info("{} operations were under way and are done anew", *recovered);

    auto uploads = (*opened)->all_uploads();
    if (uploads.has_error()) return failed("the ledger", text_of(uploads.error()));
    auto chunks = chunk_shelf::open(options.state, *std::move(uploads));
    if (chunks.has_error()) return failed("the folder of uploads", text_of(chunks.error()));

    ledger_thread kept(*std::move(opened));
    const auto disk = std::make_shared<commands::disk_threads>(2);
    embedded_queue queue(kept, settings.waiting);
    job_runner runner(context, queue, **files, limits_of(settings), {"/proc/self/exe", "work"});
    const auto limits = service_limits_of(settings);
    callers known(*tokens, kept);
    chunked_uploads chunked(kept, **chunks, **files, disk, limits);
    figures counts;
    auto slicing = slice_settings_of(settings, options.state);
    if (const auto wrong = add_profiles(slicing.profiles, settings.profiles); !wrong.empty())
        return failed("the profiles", wrong);
    model_service models(known, chunked, kept, queue, runner, **files, disk, limits);
    slice_service slices(known, kept, queue, runner, **files, disk, std::move(slicing));
    workshop_router answers(models, slices, counts);
    auto secret = callback_secret_in(options.state);
    if (!secret) return failed("callback.secret in " + options.state.string(), "it cannot be read or made");
    callback_options telling;
    telling.secret = *std::move(secret);
    telling.local = settings.callbacks_local;
    callback_sender callbacks(context, kept, std::move(telling));
    token_desk desk(*tokens, **audit);

    std::vector<std::unique_ptr<transport::http_server>> servers;
    const auto listen = [&](const transport::listen_options& where,
                            transport::service& service) -> transport::error_code {
        auto made = transport::listen_http(context, where, service);
        if (made.has_error()) return made.error();
        servers.push_back(*std::move(made));
        return transport::error_code();
    };
    transport::listen_options control, local;
    control.unix_path = access::control_socket_in(options.state);
    local.unix_path = settings.socket.empty() ? options.state / "workshop.sock" : settings.socket;
    control.via = local.via = transport::edge::local;
    local.principals = true;
    local.limits.max_connections = settings.max_connections;
    if (const auto why = listen(control, desk)) return failed(control.unix_path.string(), why.message());
    if (const auto why = listen(local, answers)) return failed(local.unix_path.string(), why.message());
    std::string url;
    if (!settings.address.empty()) {
        transport::listen_options tcp;
        tcp.address = settings.address;
        tcp.port = settings.port;
        tcp.limits.max_connections = settings.max_connections;
        if (const auto why = listen(tcp, answers))
            return failed("listening on " + settings.address + ":" + std::to_string(settings.port),
                          why.message());
        url = url_of(settings.address, servers.back()->port());
    }

    observe::exposition metrics(counts.registry(), [&] {
        std::size_t connections = 0;
        for (const auto& server : servers)
            connections += server->connections();
        counts.now(runner.counts(), connections);
    });
    // Figures are no reason not to serve.
    if (auto shown = metrics.open(context, settings.metrics); shown.has_error())
        spdlog::warn("no /metrics on {}:{}: {}", settings.metrics.address, settings.metrics.port,
                     shown.error().message());
    net::steady_timer sweeper(context);
    print_watch prints(context, settings.agents, settings.printing, runner);
    parts all{{}, runner, sweeper, callbacks, prints, metrics};
    for (const auto& server : servers) {
        net::co_spawn(context, server->run(), net::detached);
        all.servers.push_back(server.get());
    }
    net::co_spawn(context, operations(prints, runner), net::detached);
    net::co_spawn(context, prints.run(), net::detached);
    net::co_spawn(context, callbacks.run(), net::detached);
    net::co_spawn(context, sweep(kept, **files, chunked, sweeper), net::detached);
    net::co_spawn(context, stop_on_signal(std::move(all)), net::detached);
    spdlog::info("workshop {} listens on {}{}{}", LAYERLINE_VERSION, local.unix_path.string(),
                 url.empty() ? "" : " and ", url);
    if (!options.ready_file.empty() &&
        !write_ready(
            options.ready_file,
            {{"url", url},
             {"port", url.empty() ? 0 : servers.back()->port()},
             {"metrics", metrics.port() == 0 ? std::string()
                                             : url_of(settings.metrics.address, metrics.port()) + "/metrics"},
             {"socket", local.unix_path.string()},
             {"control", control.unix_path.string()}}))
        return failed(options.ready_file.string(), "it cannot be written");
    context.run();
    kept.join();
    disk->join();
    spdlog::info("stopped");
    return 0;
}

} // namespace layerline::workshop
