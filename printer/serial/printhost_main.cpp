// layerline-printhost: one for each serial printer. Also its own hand tool: layerline-printhost ctl ...
#include "printer/serial/ctl.hpp"
#include "printer/serial/host_clerk.hpp"
#include "printer/serial/host_config.hpp"
#include "printer/serial/host_log.hpp"
#include "printer/serial/host_server.hpp"
#include "printer/serial/journal_file.hpp"
#include "printer/serial/progress_store.hpp"
#include "printer/serial/service_notify.hpp"
#include "printer/serial/supervisor.hpp"
#include "printer/serial/wire_port.hpp"
#include "printer/serial/wire_thread.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace layerline::printer::serial {
namespace {

using namespace std::chrono_literals;

// Two hosts on one state folder would answer for each other's prints.
printer_result<owned_fd> lock_state(const std::string& folder)
{
    if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST)
        return printer_failure{printer_errc::host_failure,
                               "the state folder cannot be made: " + std::generic_category().message(errno)};
    owned_fd lock(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!lock)
        return printer_failure{printer_errc::host_failure, "the state folder cannot be written: " +
                                                               std::generic_category().message(errno)};
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return printer_failure{printer_errc::port_held, "another print host uses this state folder"};
    return lock;
}

int complain(const printer_failure& failure)
{
    log_error(failure.detail);
    return 1;
}

// Waits for the end, feeding the watchdog for as long as the wire's thread turns.
void wait_for_signal(const sigset_t& signals, const host_traffic& traffic)
{
    const auto interval = watchdog_interval();
    for (;;) {
        const auto pause = interval.value_or(1h);
        const timespec wait{static_cast<time_t>(pause.count() / 1000),
                            static_cast<long>(pause.count() % 1000) * 1'000'000};
        if (::sigtimedwait(&signals, nullptr, &wait) > 0) return;
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::steady_clock::now().time_since_epoch())
                             .count();
        if (interval && now - traffic.wire_beat_ms < 3000) notify_service("WATCHDOG=1");
    }
}

// The first time the descriptor that a predecessor left, if there is one; by its name from then on.
port_opener port_opener_for(const host_config& config, owned_fd left)
{
    wire_port_settings settings{.path = config.port,
                                .baud = config.baud,
                                .sys = config.sysfs,
                                .any_device = config.host.accept_fingerprint};
    return [settings, kept = std::make_shared<owned_fd>(std::move(left))](
               const port_memory& known) -> printer_result<std::unique_ptr<wire_port>> {
        auto asked = settings;
        if (asked.baud == 0) asked.baud = known.baud != 0 ? known.baud : default_baud;
        if (*kept) {
            auto adopted = adopt_wire_port(std::move(*kept), asked, known);
            if (adopted) return adopted;
            log_warning(adopted.error().detail);
            forget_descriptor("port");
        }
        return open_wire_port(asked, known);
    };
}

int run_host(const host_config& config)
{
    owned_fd left;
    for (auto& one : take_kept_descriptors())
        if (one.name == "port") left = std::move(one.fd);
    auto lock = lock_state(config.state);
    if (!lock) return complain(lock.error());
    auto keys = idempotency_keys::open(config.state);
    if (!keys) return complain(keys.error());
    loaded_state kept = load_durable_state(config.state);
    wire_origin origin;
    origin.left.progress = load_progress(config.state);
    // What a predecessor left in memory, before anything is written there.
    std::optional<journal_writer> journal;
    auto memory = journal_file::open(config.journal, config.state, journal_writer::image_size());
    if (memory) {
        origin.left.journal = read_journal(memory->bytes());
        origin.journal = &journal.emplace(memory->bytes());
    } else {
        origin.no_journal = memory.error().detail;
        log_warning("no crash resume: " + origin.no_journal);
    }
    if (!kept.complaint.empty()) log_warning(kept.complaint);
    note_boot(kept.state, boot_of_machine());
    auto listener = listen_at(config.socket);
    if (!listener) return complain(listener.error());

    // Blocked before the first thread, so that all inherit it and only the wait below sees them.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const std::uint64_t pages = origin.left.progress ? origin.left.progress->entry.sequence : 0;
    origin.kept = std::move(kept.state);
    host_traffic traffic;
    host_clerk clerk({.files_folder = config.files,
                      .state_folder = config.state,
                      .max_text = text_that_fits(config.machine.max_line),
                      .limits = config.file_limits},
                     std::move(*keys), traffic);
    wire_thread wire({.machine = config.machine, .baud = config.baud}, config.host, std::move(origin),
                     port_opener_for(config, std::move(left)), traffic);
    const progress_store progress(progress_pages(config.state), pages, 5s, traffic);
    {
        const host_server server({.path = config.socket}, std::move(*listener), traffic);
        const auto rate =
            config.baud != 0 ? std::to_string(config.baud) + " baud" : "a baud rate to be found";
        log_info("print host for " + config.port + " at " + rate + ", listening on " + config.socket);
        notify_service("READY=1");
        wait_for_signal(signals, traffic);
        notify_service("STOPPING=1");
        log_info("stopping: a print under way ends as failed, heaters go off");
        wire.stop();
        wire.join();
        if (memory) memory->remove();
    }
    return 0;
}

} // namespace
} // namespace layerline::printer::serial

int main(int argc, char** argv)
{
    using namespace layerline::printer::serial; // NOLINT(google-build-using-namespace)
    if (argc > 1 && std::strcmp(argv[1], "ctl") == 0) return run_ctl(argc - 1, argv + 1);
    const auto config = read_host_config(argc, argv);
    if (!config) {
        std::fprintf(config.error().code == 0 ? stdout : stderr, "%s\n", config.error().text.c_str());
        return config.error().code;
    }
    if (config->check_only) {
        std::puts("the configuration is good");
        return 0;
    }
    if (config->supervised) {
        std::vector<std::string> words;
        for (int at = 0; at < argc; ++at)
            if (std::strcmp(argv[at], "--supervise") != 0) words.emplace_back(argv[at]);
        return supervise({.argv = std::move(words)});
    }
    return run_host(*config);
}
