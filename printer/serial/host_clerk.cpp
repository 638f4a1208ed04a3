#include "printer/serial/host_clerk.hpp"

#include "printer/serial/action_messages.hpp"
#include "printer/serial/host_log.hpp"
#include "printer/serial/job_reader.hpp"

#include <cstdio>
#include <poll.h>
#include <pthread.h>
#include <random>

namespace layerline::printer::serial {
namespace {

// "j-" and 16 hex digits, unique for this printer by chance alone.
std::string new_job_id()
{
    std::random_device chance;
    char text[24];
    std::snprintf(text, sizeof text, "j-%08x%08x", chance(), chance());
    return text;
}

} // namespace

host_clerk::host_clerk(clerk_settings settings, idempotency_keys keys, host_traffic& traffic)
    : settings_(std::move(settings)), keys_(std::move(keys)), traffic_(traffic), thread_([this] { run(); })
{
}

host_clerk::~host_clerk()
{
    ending_ = true;
    end_.wake();
    thread_.join();
}

void host_clerk::run()
{
    ::pthread_setname_np(::pthread_self(), "clerk");
    for (;;) {
        const bool last = ending_;
        traffic_.clerk.taken();
        write_log();
        while (auto letter = traffic_.clerk.take()) {
            std::visit(
                [this](auto& what) {
                    using kind = std::decay_t<decltype(what)>;
                    if constexpr (std::is_same_v<kind, source_to_drop>)
                        what.source.reset();
                    else if constexpr (std::is_same_v<kind, key_release>)
                        keys_.release(what.key);
                    else
                        handle(std::move(what));
                },
                *letter);
            write_log();
        }
        if (last) return;
        pollfd waits[2]{{traffic_.clerk.fd(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
        ::poll(waits, 2, -1);
    }
}

void host_clerk::refuse(std::uint64_t ticket, printer_failure why)
{
    traffic_.server.put({ticket, std::move(why)});
}

void host_clerk::handle(client_call call)
{
    host_call request{.ticket = call.ticket,
                      .what = std::move(call.what),
                      .how = std::move(call.how),
                      .deadline = call.deadline,
                      .source = {},
                      .job_id = {}};
    // Once begun never again, whatever dies after this line.
    if (request.how.idempotency_key) {
        const auto claimed = keys_.claim(*request.how.idempotency_key, action_mark(request.what));
        if (!claimed) return refuse(request.ticket, claimed.error());
        if (!*claimed) {
            traffic_.server.put(
                {request.ticket, performed{.job_id = {}, .note = "done before", .repeated = true}});
            return;
        }
    }
    if (const auto* start = std::get_if<start_job>(&request.what)) {
        if (!start->path.starts_with(card_root)) { // that file is the printer's to open
            auto source = open_job(start->path, std::nullopt);
            if (!source) return refuse(request.ticket, source.error());
            request.source = std::move(*source);
        }
        request.job_id = new_job_id();
    }
    const std::uint64_t ticket = request.ticket;
    if (!traffic_.wire.put(std::move(request)))
        refuse(ticket, {printer_errc::too_many_clients, "too many commands are waiting"});
}

printer_result<std::shared_ptr<line_source>> host_clerk::open_job(const std::string& path,
                                                                  std::optional<resume_point> from)
{
    auto file = open_confined(settings_.files_folder, path);
    if (!file) return file.error();
    auto reader = std::make_shared<job_reader>(
        bytes_of(std::move(*file)),
        reader_settings{.max_text = settings_.max_text,
                        .limits = settings_.limits,
                        .from = from,
                        .more = [&traffic = traffic_] { traffic.lines_ready.wake(); }});
    if (auto ready = reader->wait_ready(settings_.read_ahead_wait); !ready) return ready.error();
    return std::shared_ptr<line_source>(std::move(reader));
}

void host_clerk::handle(state_to_keep what)
{
    auto kept = save_durable_state(settings_.state_folder, what.state);
    if (!kept) log_error(kept.error().detail);
    if (what.commit) traffic_.wire.put(commit_done{*what.commit, std::move(kept)});
}

void host_clerk::handle(source_wanted what)
{
    (void)traffic_.wire.put(opened_source{open_job(what.path, what.from)});
}

void host_clerk::write_log()
{
    if (const auto lost = traffic_.log.take_lost())
        log_warning(std::to_string(lost) + " log lines were lost");
    traffic_.log.take_all([](bool warning, std::string_view text) {
        if (warning)
            log_warning(text);
        else
            log_info(text);
    });
}

} // namespace layerline::printer::serial
