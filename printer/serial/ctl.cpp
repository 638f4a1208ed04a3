#include "printer/serial/ctl.hpp"

#include "printer/serial/confined_file.hpp"
#include "printer/serial/host_messages.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

constexpr int no_host = 3;

int exit_code_of(printer_errc code)
{
    switch (code) {
    case printer_errc::wrong_state:
    case printer_errc::bed_not_clear:
    case printer_errc::late:
        return 4;
    case printer_errc::port_gone:
    case printer_errc::port_held:
    case printer_errc::port_forbidden:
    case printer_errc::silent:
    case printer_errc::halted:
        return 5;
    case printer_errc::no_such_file:
        return 6;
    case printer_errc::host_gone:
        return no_host;
    default:
        return 1;
    }
}

// One connection, read a line at a time with a deadline.
class host_line {
public:
    bool open(const std::string& path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) return false;
        std::memcpy(address.sun_path, path.data(), path.size());
        fd_ = owned_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return fd_ && ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    bool send(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (put < 0 && errno == EINTR) continue;
            if (put <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
        return true;
    }
    // Nothing when the host is gone or silent for `patience` (-1: any time).
    std::optional<std::string> read(int patience)
    {
        for (;;) {
            if (const auto end = held_.find('\n'); end != std::string::npos) {
                std::string line = held_.substr(0, end);
                held_.erase(0, end + 1);
                return line;
            }
            pollfd wait{fd_.get(), POLLIN, 0};
            if (held_.size() > max_host_message || ::poll(&wait, 1, patience) <= 0) return std::nullopt;
            char bytes[4096];
            const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
            if (got <= 0) return std::nullopt;
            held_.append(bytes, static_cast<std::size_t>(got));
        }
    }

private:
    owned_fd fd_;
    std::string held_;
};

std::string short_number(double value, int digits)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string one_line(const printer_state& state)
{
    std::string text(name_of(state.now));
    if (const auto& job = state.job) {
        text += "  " + job->path;
        if (job->progress) text += ' ' + short_number(*job->progress * 100, 1) + '%';
        if (job->layer)
            text += " layer " + std::to_string(*job->layer) +
                    (job->layers ? '/' + std::to_string(*job->layers) : "");
        if (job->left_s && state.now == phase::printing)
            text += ' ' + short_number(*job->left_s, 0) + " s left";
        if (job->resends) text += ' ' + std::to_string(job->resends) + " resends";
    }
    for (const auto& heater : state.heaters)
        text += "  " + heater.name + ' ' + (heater.actual_c ? short_number(*heater.actual_c, 1) : "?") +
                (heater.target_c && *heater.target_c > 0 ? '/' + short_number(*heater.target_c, 0) : "");
    if (state.wants) text += "  [" + state.wants->kind + ": " + state.wants->text + ']';
    if (!state.reason.empty()) text += "  (" + state.reason + ')';
    if (!state.bed_clear) text += "  bed not confirmed clear";
    return text;
}

void show(const printer_state& state, bool as_json)
{
    const std::string text = as_json ? nlohmann::json(state).dump() : one_line(state);
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
}

int watch(host_line& host, bool as_json)
{
    bool saw_job = false;
    std::string last;
    while (const auto line = host.read(-1)) {
        const auto told = decode_from_host(*line);
        const auto* event = told ? std::get_if<host_event>(&*told) : nullptr;
        if (!event) continue;
        const printer_state& state = event->state;
        if (as_json || one_line(state) != last) show(state, as_json);
        last = one_line(state);
        const bool running = state.now == phase::printing || state.now == phase::pausing ||
                             state.now == phase::paused || state.now == phase::resuming ||
                             state.now == phase::cancelling;
        saw_job = saw_job || running;
        if (running) continue;
        if (state.now == phase::finished) return 0;
        if (state.now == phase::cancelled || (state.now == phase::error && state.job)) return 7;
        if (saw_job && state.now == phase::idle) return 7;
    }
    std::fprintf(stderr, "the print host is gone\n");
    return no_host;
}

int show_answer(const host_reply& reply, bool as_json)
{
    if (const auto* failure = std::get_if<printer_failure>(&reply.what)) {
        if (as_json)
            std::printf("%s\n",
                        nlohmann::json{{"error", row_of(failure->code).name}, {"detail", failure->detail}}
                            .dump()
                            .c_str());
        else
            std::fprintf(stderr, "%s\n", failure->detail.c_str());
        return exit_code_of(failure->code);
    }
    if (const auto* state = std::get_if<printer_state>(&reply.what))
        show(*state, as_json);
    else if (const auto* done = std::get_if<performed>(&reply.what)) {
        if (as_json)
            std::printf("%s\n", nlohmann::json{{"job_id", done->job_id ? nlohmann::json(*done->job_id)
                                                                       : nlohmann::json()},
                                               {"note", done->note},
                                               {"repeated", done->repeated}}
                                    .dump()
                                    .c_str());
        else
            std::printf("ok%s%s%s%s\n", done->job_id ? " " : "", done->job_id.value_or("").c_str(),
                        done->note.empty() ? "" : ": ", done->note.c_str());
    }
    return 0;
}

} // namespace

int run_ctl(int argc, char** argv)
{
    CLI::App app{
        "Speaks to a print host over its socket.\n"
        "Exit: 0 done, 1 refused, 2 usage, 3 no print host, 4 wrong state, 5 printer away, 6 no file,\n"
        "7 (watch) the print was cancelled or failed.",
        "layerline-printhost ctl"};
    std::string socket, path, heater, key, axes = "xyz";
    double celsius = 0;
    bool as_json = false, bed_clear = false, no_park = false;
    app.add_option("--socket", socket, "the print host's socket")->required();
    app.add_flag("--json", as_json, "JSON instead of sentences");
    app.add_option("--key", key, "idempotency key: a second command with it does nothing");
    app.require_subcommand(1);
    app.fallthrough();
    host_request request{.id = 1, .what = ask_state{}, .how = {}};
    app.add_subcommand("status", "the state now");
    app.add_subcommand("watch", "follows the state until the print is over");
    auto* start = app.add_subcommand("start", "prints a file")->fallthrough();
    start->add_option("file", path, "\"gcode/name.gcode\", \"name.gcode\", or \"card/NAME.GCO\"")->required();
    start->add_flag("--bed-clear", bed_clear, "I have seen that the bed is clear");
    auto* pause = app.add_subcommand("pause", "pauses and parks")->fallthrough();
    pause->add_flag("--no-park", no_park, "leaves the head where it is");
    auto* resume = app.add_subcommand("resume", "goes on after a pause");
    auto* cancel = app.add_subcommand("cancel", "ends the print, heaters off");
    auto* home = app.add_subcommand("home", "homes the axes")->fallthrough();
    home->add_option("axes", axes, "of \"xyz\"");
    auto* temperature = app.add_subcommand("temp", "sets a target")->fallthrough();
    temperature->add_option("heater", heater, "tool0, bed, chamber")->required();
    temperature->add_option("celsius", celsius, "0 switches it off")->required();
    auto* clear = app.add_subcommand("bed-clear", "I have seen that the bed is clear");
    auto* stop = app.add_subcommand("estop", "emergency stop");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*start)
        request.what = action(start_job{
            path.starts_with("gcode/") || path.starts_with(card_root) ? path : "gcode/" + path, bed_clear});
    else if (*pause)
        request.what = action(pause_job{!no_park});
    else if (*resume)
        request.what = action(resume_job{});
    else if (*cancel)
        request.what = action(cancel_job{});
    else if (*home)
        request.what =
            action(home_axes{axes.find('x') != std::string::npos, axes.find('y') != std::string::npos,
                             axes.find('z') != std::string::npos});
    else if (*temperature)
        request.what = action(set_temperature{heater, celsius});
    else if (*clear)
        request.what = action(confirm_bed_clear{});
    else if (*stop)
        request.what = action(emergency_stop{});
    request.how.principal = "ctl";
    if (!key.empty()) request.how.idempotency_key = key;

    host_line host;
    if (!host.open(socket)) {
        std::fprintf(stderr, "no print host answers at %s: %s\n", socket.c_str(),
                     std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
        return no_host;
    }
    if (app.got_subcommand("watch")) return watch(host, as_json);
    if (!host.send(encode_request(request))) return no_host;
    while (const auto line = host.read(60'000)) {
        const auto told = decode_from_host(*line);
        if (!told) continue;
        if (const auto* reply = std::get_if<host_reply>(&*told); reply && (reply->id == 1 || reply->id == 0))
            return show_answer(*reply, as_json);
    }
    std::fprintf(stderr, "the print host did not answer\n");
    return no_host;
}

} // namespace layerline::printer::serial
