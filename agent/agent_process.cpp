// Builds the agent out of its parts and sees it through its life.
#include "agent/agent_process.hpp"

#include "access/audit.hpp"
#include "access/control_call.hpp"
#include "access/identity.hpp"
#include "access/store.hpp"
#include "access/token_service.hpp"
#include "agent/agent_service.hpp"
#include "agent/camera_follower.hpp"
#include "agent/camera_hub.hpp"
#include "agent/control_service.hpp"
#include "agent/event_watch.hpp"
#include "agent/figures.hpp"
#include "agent/guarded_host.hpp"
#include "agent/guarded_link.hpp"
#include "agent/lan_address.hpp"
#include "agent/lan_door.hpp"
#include "agent/model_prints.hpp"
#include "agent/network_watch.hpp"
#include "agent/pin_memory.hpp"
#include "agent/printer_choice.hpp"
#include "agent/routing.hpp"
#include "agent/service_manager.hpp"
#include "agent/state_folder.hpp"
#include "agent/tunnel_keeper.hpp"
#include "agent/ui_proxy.hpp"
#include "agent/version.hpp"
#include "commands/file_use.hpp"
#include "commands/queue_desk.hpp"
#include "commands/upload_desk.hpp"
#include "observe/exposition.hpp"
#include "transport/error.hpp"
#include "transport/heap_tidier.hpp"
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

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

#include <unistd.h>

namespace layerline::agent {

namespace net = transport::net;
using transport::clock;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
constexpr std::chrono::milliseconds grace{2000};     // for requests under way when the agent stops
constexpr std::chrono::milliseconds last_call{3000}; // then it ends whatever is open
// What may be freed between two looks before it is worth handing back, on a machine with little memory.
constexpr std::size_t worth_tidying = 64UL * 1024;
constexpr std::chrono::seconds between_looks{20};
constexpr std::size_t files_wanted = 1024;   // descriptors
constexpr std::size_t files_of_our_own = 96; // store, logs, print host, tunnel, uploads, what libraries open

int failed(const std::string& what, const std::string& why)
{
    spdlog::critical("{}: {}", what, why);
    return exit_failed;
}

transport::http_limits limits_for(const limit_settings& settings, std::size_t open_files)
{
    transport::http_limits limits;
    limits.max_connections = settings.max_connections;
    limits.max_per_address = settings.connections_per_address;
    limits.max_header_bytes = settings.max_header_kb * 1024UL;
    // Half of what is left, since an upload or a download holds a file beside its connection.
    const auto room = open_files > files_of_our_own + 16 ? (open_files - files_of_our_own) / 2 : 8;
    limits.max_connections = std::min(limits.max_connections, room);
    return limits;
}

using identity_result = boost::system::result<std::shared_ptr<const access::identity>>;

// With the key bound to this machine, if that has an id. Containers without systemd have none: better an
// agent whose key is not bound than none.
identity_result bound_if_possible(identity_result (*make)(const access::identity_options&),
                                  const std::filesystem::path& state)
{
    auto made = make({state / "identity.pem"});
    if (made.has_value() || made.error() != access::errc::no_machine_id) return made;
    spdlog::warn("this machine has no /etc/machine-id: the agent's key is not bound to it");
    return make({state / "identity.pem", {}});
}

service_limits limits_for(const limit_settings& settings)
{
    service_limits limits;
    // A fifth of a minute's requests may come at once: a page that opens asks for much.
    const auto a_minute = static_cast<double>(settings.requests_per_minute);
    limits.requests = {std::max(10.0, a_minute / 5),
                       std::chrono::milliseconds(std::max(1LL, std::llround(60'000 / a_minute)))};
    limits.streams = settings.streams_per_token;
    limits.log = settings.log_requests == "all"        ? logged_requests::all
                 : settings.log_requests == "failures" ? logged_requests::failures
                                                       : logged_requests::none;
    return limits;
}

// A part of the agent that runs for as long as it does: an exception out of it is a bug, and the agent starts
// anew rather than going on without that part.
auto until_the_end(const char* part)
{
    return [part](std::exception_ptr thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& bug) {
            spdlog::critical("{} failed: {}", part, bug.what());
        }
        spdlog::shutdown();
        std::_Exit(exit_failed);
    };
}

class running_agent final : public owner_desk {
public:
    running_agent(net::io_context& context, const run_options& options,
                  std::shared_ptr<const access::identity> self, access::store& keeper,
                  access::audit_log& audit, std::size_t open_files, chosen_printer chosen)
        : context_(context), state_(options.state), self_(std::move(self)), files_(std::move(chosen.files)),
          tokens_(access::make_token_service(keeper)), link_(std::move(chosen.link)),
          guarded_(*link_, options.owner, audit),
          cameras_(context, options.state, camera_places_of(options.settings)),
          host_(chosen.host ? std::make_unique<guarded_host>(std::move(chosen.host), options.owner, audit)
                            : nullptr),
          log_(options.log),
          queue_(
              guarded_, *files_, options.state / "queue.json",
              [](const std::string& news) { spdlog::warn("{}", loggable_sentence(news)); }, chosen.disk),
          uploads_(
              context, *files_, std::move(chosen.shelf),
              [this](const std::string& path) { return commands::is_in_use(link_->state(), path); },
              chosen.disk),
          models_(options.settings.workshop_socket.empty()
                      ? nullptr
                      : std::make_unique<model_prints>(
                            context,
                            model_prints::places{options.settings.workshop_socket,
                                                 options.state / "model-prints.json", std::move(chosen.disk)},
                            guarded_, *files_, audit)),
          commands_(commands::make_plugin_api(guarded_, *files_, {self_->agent_id(), std::string(version)},
                                              {&cameras_, &uploads_, &queue_, log_.get(), host_.get(),
                                               [this] { return lan_place(); }, models_.get()})),
          slicers_(guarded_, *files_, {self_->agent_id(), std::string(version)}),
          service_(*tokens_, *commands_, options.owner, audit, counts_, limits_for(options.settings.limits)),
          uis_(context, options.settings.uis),
          workshop_(options.settings.workshop_socket.empty()
                        ? nullptr
                        : std::make_unique<workshop_mount>(context, options.settings.workshop_socket)),
          control_(*this, *tokens_, audit),
          lan_(context, service_, options.settings.listen, limits_for(options.settings.limits, open_files)),
          pin_(keeper), tunnel_(context, options.settings, self_, pin_, service_),
          network_(context, [this] { tunnel_.network_changed(); }), watchdog_(context),
          events_(context, guarded_, options.settings, self_->agent_id()),
          metrics_(counts_.registry(),
                   [this] {
                       counts_.cameras(cameras_.viewers(), cameras_.streaming());
                       counts_.now(link_->state(), tunnel_.report().now == relay_phase::connected,
                                   tunnel_.tunnels(), lan_.connections());
                   }),
          heap_(context, worth_tidying, between_looks), metrics_place_{
                                                            options.settings.limits.metrics_address,
                                                            options.settings.limits.metrics_port}
    {
        cameras_.show(options.settings.cameras);
        follow_cameras_ = options.settings.moonraker && options.settings.printer_cameras;
    }

    transport::task<transport::result<void>> open(std::filesystem::path control_socket)
    {
        service_.offer(uis_);
        service_.offer(slicers_);
        if (workshop_) service_.offer(*workshop_);
        const auto any = co_await tokens_->any();
        if (any.has_error()) co_return any.error();
        auto opened = lan_.open(*any);
        if (opened.has_error()) co_return opened.error();
        transport::listen_options control;
        control.unix_path = std::move(control_socket);
        control.via = transport::edge::local;
        control.limits.max_connections = 16;
        auto made = transport::listen_http(context_, control, control_);
        if (made.has_error()) co_return made.error();
        control_server_ = std::move(*made);
        // Figures are no reason not to serve.
        if (auto shown = metrics_.open(context_, metrics_place_); shown.has_error())
            spdlog::warn("no /metrics on {}:{}: {}", metrics_place_.address, metrics_place_.port,
                         shown.error().message());
        co_return transport::result<void>();
    }

    void start(const service_manager& manager)
    {
        net::co_spawn(context_, control_server_->run(), until_the_end("the control socket"));
        net::co_spawn(context_, link_->run(), until_the_end("the printer link"));
        net::co_spawn(context_, tunnel_.run(), until_the_end("the tunnel"));
        net::co_spawn(context_, uis_.pin_all(), until_the_end("looking up local UIs"));
        net::co_spawn(context_, tell_of_printer(), until_the_end("the printer's log"));
        net::co_spawn(context_, queue_.run(), until_the_end("the print queue"));
        net::co_spawn(context_, uploads_.run(), until_the_end("the uploads"));
        if (models_) models_->resume();
        if (events_.wanted()) {
            net::co_spawn(context_, events_.run(), until_the_end("the watch for hooks"));
            net::co_spawn(context_, events_.send_scripts(), until_the_end("the scripts"));
        }
        if (follow_cameras_)
            net::co_spawn(context_, follow_cameras(*link_, cameras_),
                          until_the_end("the printer's list of cameras"));
        net::co_spawn(context_, network_.run(), until_the_end("the network's watch"));
        net::co_spawn(context_, heap_.run(), until_the_end("tidying the heap"));
        if (manager.beat()) net::co_spawn(context_, beat(manager), until_the_end("the watchdog"));
    }

    // Takes nothing new; the context runs dry once what is open has ended.
    void stop()
    {
        link_->stop();
        cameras_.stop();
        if (models_) models_->stop();
        uploads_.stop();
        files_->stop();
        events_.stop();
        lan_.close(grace);
        control_server_->stop(grace);
        tunnel_.stop();
        network_.stop();
        heap_.stop();
        watchdog_.cancel();
        metrics_.close();
    }
    void abort() { tunnel_.abort(); }
    // Whether it stopped to begin anew with another key.
    bool rekeyed() const { return rekeyed_; }

    const endpoint& lan() const { return lan_.at(); }
    // Where the figures are; empty: nowhere.
    std::string metrics_url() const
    {
        if (metrics_.port() == 0) return {};
        return url_of({metrics_place_.address, metrics_.port()}) + "/metrics";
    }

    // --- owner_desk ---
    status_report report() const override
    {
        status_report now;
        now.agent_id = self_->agent_id();
        now.version = std::string(version);
        now.lan = url_of(lan_.at());
        now.uptime_s = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - since_).count();
        now.relay = tunnel_.report();
        now.printer = link_->state();
        return now;
    }
    void reconnect() override
    {
        spdlog::info("relay: asked to connect anew");
        tunnel_.reconnect();
    }
    transport::task<transport::result<void>> unpair() override
    {
        auto done = co_await pin_.forget();
        if (done.has_value()) tunnel_.reconnect();
        co_return done;
    }
    transport::result<std::string> rekey() override
    {
        auto fresh = bound_if_possible(access::renew_identity, state_);
        if (fresh.has_error()) return fresh.error();
        spdlog::info("a new key: this agent is {} from now on, and must be paired anew",
                     (*fresh)->agent_id());
        rekeyed_ = true;
        context_.stop(); // what is under way, such as this very answer, still has the grace
        return (*fresh)->agent_id();
    }
    transport::task<void> tokens_changed() override
    {
        const auto any = co_await tokens_->any();
        if (any.has_value()) lan_.tokens_changed(*any);
    }

private:
    std::optional<commands::lan_place> lan_place() const
    {
        auto address = reached_at(lan_.at().address);
        if (address.empty()) return std::nullopt;
        return commands::lan_place{std::move(address), lan_.at().port};
    }

    transport::task<void> tell_of_printer()
    {
        std::string told;
        while (true) {
            const auto state = link_->state();
            auto now = std::string(name_of(state.now));
            if (state.now == printer::phase::offline || state.now == printer::phase::error)
                now += ": " + state.reason;
            else if (state.job && state.now != printer::phase::idle)
                now += " " + state.job->path;
            if (now != told) spdlog::info("printer: {}", loggable_sentence(now));
            told = now;
            const auto news = co_await link_->changed(state.sequence);
            if (news.has_error()) co_return;
        }
    }

    transport::task<void> beat(const service_manager& manager)
    {
        while (true) {
            manager.tell("WATCHDOG=1");
            watchdog_.expires_after(*manager.beat());
            auto [code] = co_await watchdog_.async_wait(as_tuple);
            if (code) co_return;
        }
    }

    net::io_context& context_;
    std::filesystem::path state_;
    bool rekeyed_ = false;
    clock::time_point since_ = clock::now();
    std::shared_ptr<const access::identity> self_;
    std::unique_ptr<commands::file_store> files_;
    std::unique_ptr<access::token_service> tokens_;
    std::unique_ptr<printer::printer_link> link_;
    guarded_link guarded_;
    figures counts_;
    camera_hub cameras_;
    std::unique_ptr<guarded_host> host_; // null: nothing drives the printer but our own print host
    std::shared_ptr<const commands::log_source> log_;
    commands::queue_desk queue_;
    commands::upload_desk uploads_;
    bool follow_cameras_ = false;          // the printer's own list is asked
    std::unique_ptr<model_prints> models_; // null: no workshop is configured
    std::unique_ptr<commands::plugin_api> commands_;
    commands::octoprint_api slicers_;
    agent_service service_;
    ui_proxy uis_;
    std::unique_ptr<workshop_mount> workshop_; // null: none is configured
    control_service control_;
    lan_door lan_;
    pin_memory pin_;
    tunnel_keeper tunnel_;
    network_watch network_;
    std::unique_ptr<transport::http_server> control_server_;
    net::steady_timer watchdog_;
    event_watch events_;
    observe::exposition metrics_;
    transport::heap_tidier heap_;
    observe::metrics_place metrics_place_;
};

// Stops the context: serve_once() sees to the rest.
void stop_on(net::signal_set& signals, net::io_context& context)
{
    signals.async_wait([&context](const transport::error_code& why, int number) {
        if (why) return;
        spdlog::info("stopping on signal {}; a print that runs goes on", number);
        context.stop();
    });
}

struct opening {
    bool done = false;
    transport::error_code fault;
};

transport::task<void> open_all(running_agent& agent, std::filesystem::path socket, opening& into)
{
    auto opened = co_await agent.open(std::move(socket));
    if (opened.has_error()) into.fault = opened.error();
    into.done = true;
}

// What is still open after the last call is cut by ending the process: nothing of it is worth waiting for,
// and the store has written what it promised.
void end_in_time(net::io_context& context, running_agent& agent)
{
    context.restart();
    agent.stop();
    context.run_for(grace);
    if (context.stopped()) return;
    agent.abort();
    context.run_for(last_call - grace);
    if (context.stopped()) return;
    spdlog::warn("some requests did not end in time");
    spdlog::shutdown();
    // After a new key it was to go on: then the service manager starts it anew.
    std::_Exit(agent.rekeyed() ? exit_failed : exit_good);
}

std::string ready_text(const endpoint& lan, const std::string& agent_id, const std::string& control,
                       const std::string& metrics)
{
    nlohmann::json facts;
    if (!metrics.empty()) facts["metrics"] = metrics;
    facts["lan"] = url_of(lan);
    facts["agent_id"] = agent_id;
    facts["control"] = control;
    facts["pid"] = getpid();
    return facts.dump() + "\n";
}

// Serves until a signal, or until there is a new key: nothing then, and it is to be called again.
std::optional<int> serve_once(const run_options& options)
{
    const auto open_files = raise_open_files(files_wanted);
    const auto state_text = options.state.string();
    auto folder = state_folder::open(options.state);
    if (folder.has_error())
        return failed("the state folder " + state_text,
                      folder.error() == boost::system::errc::resource_unavailable_try_again
                          ? "another agent is running on it"
                          : folder.error().message());
    net::io_context context(net::one_thread); // outlives the store, whose answers come back to it
    auto self = bound_if_possible(access::load_identity, options.state);
    if (self.has_error()) {
        const auto hint = self.error() == access::errc::other_machine
                              ? " (if this installation was copied on purpose: layerline-agent rekey)"
                              : "";
        return failed("the agent's key in " + state_text, self.error().message() + hint);
    }
    auto keeper = access::open_store({options.state / "access.db"});
    if (keeper.has_error()) return failed("the store in " + state_text, keeper.error().message());
    auto audit = access::open_audit_log(options.state / "audit.jsonl");
    if (audit.has_error()) return failed("the audit log in " + state_text, audit.error().message());
    auto chosen = choose_printer(context, options);
    if (chosen.has_error()) return failed("the printer", chosen.error().detail);
    running_agent agent(context, options, *self, **keeper, **audit, open_files, std::move(*chosen));
    const auto control = access::control_socket_in(options.state);
    opening opened;
    net::co_spawn(context, open_all(agent, control, opened), until_the_end("opening"));
    while (!opened.done && context.run_one() != 0) {
    }
    if (opened.fault)
        return failed("listening (lan.listen, or " + control.string() + ")", opened.fault.message());

    const service_manager manager;
    agent.start(manager);
    net::signal_set signals(context, SIGTERM, SIGINT);
    stop_on(signals, context);
    spdlog::info("layerline-agent {} is {}, on {}", version, (*self)->agent_id(), url_of(agent.lan()));
    const auto ready = ready_text(agent.lan(), (*self)->agent_id(), control.string(), agent.metrics_url());
    if (!options.ready_file.empty()) {
        auto written = write_whole(options.ready_file, ready);
        if (written.has_error())
            return failed(options.ready_file.string() + " cannot be written", written.error().message());
    }
    std::fputs(ready.c_str(), stdout);
    std::fflush(stdout);
    manager.tell("READY=1");
    transport::keep_small_blocks();
    context.run();
    signals.cancel();
    if (!agent.rekeyed()) manager.tell("STOPPING=1");
    end_in_time(context, agent);
    if (agent.rekeyed()) return std::nullopt;
    spdlog::info("stopped");
    return exit_good;
}

} // namespace

int run_agent(const run_options& options)
{
    std::signal(SIGPIPE, SIG_IGN);
    std::optional<int> ended;
    while (!ended)
        ended = serve_once(options);
    return *ended;
}

int renew_key(const std::filesystem::path& state)
{
    auto folder = state_folder::open(state);
    if (folder.has_error()) return failed("the state folder " + state.string(), folder.error().message());
    auto fresh = bound_if_possible(access::renew_identity, state);
    if (fresh.has_error()) return failed("a new key in " + state.string(), fresh.error().message());
    std::printf("%s\n", (*fresh)->agent_id().c_str());
    return exit_good;
}

} // namespace layerline::agent
