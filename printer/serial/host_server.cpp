#include "printer/serial/host_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <vector>

namespace layerline::printer::serial {

using clock = std::chrono::steady_clock;

printer_result<owned_fd> listen_at(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return printer_failure{printer_errc::host_failure, "the socket's path is empty or too long"};
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    const auto failed = [](const char* what) {
        return printer_failure{printer_errc::host_failure,
                               std::string(what) + ": " + std::generic_category().message(errno)};
    };
    struct stat about {};
    if (::lstat(path.c_str(), &about) == 0) {
        if (!S_ISSOCK(about.st_mode))
            return printer_failure{printer_errc::host_failure,
                                   "something that is no socket is at the socket's path"};
        const owned_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (probe && ::connect(probe.get(), raw, sizeof address) == 0)
            return printer_failure{printer_errc::port_held, "another print host answers on this socket"};
        if (errno != ECONNREFUSED) return failed("the socket's path cannot be used");
        if (::unlink(path.c_str()) != 0) return failed("the old socket cannot be removed");
    }
    owned_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed("no socket");
    if (::bind(fd.get(), raw, sizeof address) != 0) return failed("the socket cannot be created");
    if (::chmod(path.c_str(), 0660) != 0) return failed("the socket's mode cannot be set");
    if (::listen(fd.get(), 16) != 0) return failed("the socket cannot be listened on");
    return fd;
}

bool may_connect(int fd, unsigned group)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    if (peer.uid == 0 || peer.uid == ::geteuid() || peer.gid == group) return true;
    std::vector<gid_t> groups(256);
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
    groups.resize(size / sizeof(gid_t));
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

host_server::host_server(server_settings settings, owned_fd listener, host_traffic& traffic)
    : settings_(std::move(settings)), listener_(std::move(listener)), traffic_(traffic),
      thread_([this] { run(); })
{
}

host_server::~host_server()
{
    ending_ = true;
    end_.wake();
    thread_.join();
    ::unlink(settings_.path.c_str());
}

void host_server::say(client& one, std::string text)
{
    if (one.closing) return;
    if (one.out.size() + text.size() > settings_.most_output)
        one.closing = true;
    else
        one.out += text;
}

void host_server::accept_one()
{
    owned_fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    struct stat about {};
    const unsigned group = ::stat(settings_.path.c_str(), &about) == 0 ? about.st_gid : ::getegid();
    if (!may_connect(fd.get(), group)) return;
    clients_.push_back({.number = next_client_++, .fd = std::move(fd), .in = {}, .out = {}});
    if (clients_.size() <= settings_.most_clients) return;
    client& late = clients_.back();
    say(late, encode_reply({0, printer_failure{printer_errc::too_many_clients,
                                               "the print host takes no more than " +
                                                   std::to_string(settings_.most_clients) + " clients"}}));
    write_to(late);
    clients_.pop_back();
}

void host_server::read_from(client& one)
{
    std::array<char, 16UL * 1024> bytes{};
    const ssize_t got = ::recv(one.fd.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        one.closing = true;
        return;
    }
    one.in.append(bytes.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (auto end = one.in.find('\n'); end != std::string::npos && !one.closing;
         end = one.in.find('\n', begin)) {
        take_line(one, std::string_view(one.in).substr(begin, end - begin));
        begin = end + 1;
    }
    one.in.erase(0, begin);
    if (one.in.size() < max_host_message) return;
    say(one,
        encode_reply({0, printer_failure{printer_errc::out_of_range, "a message is longer than 64 KiB"}}));
    write_to(one);
    one.closing = true;
}

void host_server::take_line(client& one, std::string_view line)
{
    auto decoded = decode_request(line);
    if (!decoded) return say(one, encode_reply({0, decoded.error()}));
    host_request& request = *decoded;
    if (!std::holds_alternative<action>(request.what)) {
        const auto newest = traffic_.newest();
        if (std::holds_alternative<ask_capabilities>(request.what))
            return say(one, encode_reply({request.id, newest.limits}));
        return say(one, encode_reply({request.id, *newest.state}));
    }
    action& what = std::get<action>(request.what);
    const bool stop = std::holds_alternative<emergency_stop>(what);
    if (!stop && one.pending >= settings_.most_pending)
        return say(one,
                   encode_reply({request.id, printer_failure{printer_errc::too_many_clients,
                                                             "too many commands wait for their answer"}}));
    const std::uint64_t ticket = next_ticket_++;
    std::optional<time_point> deadline;
    if (request.how.time_left) deadline = clock::now() + *request.how.time_left;
    if (request.until_ms) {
        const time_point until{std::chrono::milliseconds(*request.until_ms)};
        deadline = deadline ? std::min(*deadline, until) : until;
    }
    asked_[ticket] = {one.number, request.id, stop ? std::nullopt : request.how.idempotency_key};
    ++one.pending;
    // A stop goes around the clerk, who may be waiting for a disk.
    const bool sent =
        stop ? traffic_.wire.put(host_call{.ticket = ticket,
                                           .what = std::move(what),
                                           .how = {},
                                           .deadline = {},
                                           .source = {},
                                           .job_id = {}})
             : traffic_.clerk.put(client_call{ticket, std::move(what), std::move(request.how), deadline});
    if (sent) return;
    asked_.erase(ticket);
    --one.pending;
    say(one, encode_reply({request.id, printer_failure{printer_errc::too_many_clients,
                                                       "too many commands are waiting"}}));
}

void host_server::take_answers()
{
    traffic_.server.taken();
    while (auto letter = traffic_.server.take()) {
        auto& answer = *letter;
        const auto found = asked_.find(answer.ticket);
        if (found == asked_.end()) continue;
        const asked who = std::move(found->second);
        asked_.erase(found);
        host_reply reply{who.id, {}};
        if (auto* done = std::get_if<performed>(&answer.what))
            reply.what = std::move(*done);
        else {
            reply.what = std::get<printer_failure>(answer.what);
            if (who.key) traffic_.clerk.put(key_release{*who.key}); // it did nothing and may come again
        }
        const auto client_found = std::find_if(clients_.begin(), clients_.end(),
                                               [&](const client& one) { return one.number == who.client; });
        if (client_found == clients_.end()) continue;
        --client_found->pending;
        tell_state(*client_found, clock::now()); // first, so that the answer is never ahead of the state
        say(*client_found, encode_reply(reply));
    }
}

void host_server::tell_states(time_point now)
{
    // Only into an empty buffer: whoever reads slowly gets the newest state when there is room again.
    for (auto& one : clients_)
        if (one.out.empty() && now >= one.next_state) tell_state(one, now);
}

void host_server::tell_state(client& one, time_point now)
{
    const auto newest = traffic_.newest();
    if (one.closing || (one.told_any && one.told == newest.state->sequence)) return;
    printer_state state = *newest.state;
    if (state.age_ms)
        *state.age_ms += static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - newest.told_at).count());
    one.told = state.sequence;
    one.told_any = true;
    one.next_state = now + settings_.between_states;
    say(one, encode_event({std::move(state)}));
}

void host_server::write_to(client& one)
{
    while (!one.out.empty()) {
        const ssize_t put = ::send(one.fd.get(), one.out.data(), one.out.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) return;
        if (put <= 0) {
            one.closing = true;
            return;
        }
        one.out.erase(0, static_cast<std::size_t>(put));
    }
}

int host_server::patience(time_point now) const
{
    const auto sequence = traffic_.newest().state->sequence;
    std::int64_t left = 10'000;
    for (const auto& one : clients_)
        if (one.out.empty() && (!one.told_any || one.told != sequence))
            left = std::min<std::int64_t>(
                left, std::chrono::ceil<std::chrono::milliseconds>(one.next_state - now).count());
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void host_server::run()
{
    ::pthread_setname_np(::pthread_self(), "server");
    std::vector<pollfd> waits;
    for (;;) {
        const bool last = ending_;
        const time_point now = clock::now();
        traffic_.news().taken();
        take_answers();
        tell_states(now);
        for (auto& one : clients_)
            write_to(one);
        clients_.remove_if([](const client& one) { return one.closing; });
        if (last) return;
        waits.assign({{end_.get(), POLLIN, 0},
                      {traffic_.server.fd(), POLLIN, 0},
                      {traffic_.news().get(), POLLIN, 0},
                      {listener_.get(), POLLIN, 0}});
        for (const auto& one : clients_)
            waits.push_back(
                {one.fd.get(), static_cast<short>(one.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
        ::poll(waits.data(), waits.size(), patience(now));
        std::size_t at = 4;
        for (auto& one : clients_)
            if (waits[at++].revents & (POLLIN | POLLHUP | POLLERR)) read_from(one);
        if (waits[3].revents) accept_one();
    }
}

} // namespace layerline::printer::serial
