#include "faulty_way.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::tests {

namespace {

constexpr std::size_t most_waiting = 64UL * 1024;

// Loopback's own buffers grow to megabytes, which no line has: a slow one would hold seconds of them.
void with_small_buffers(int fd)
{
    const int size = 64 * 1024;
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return there;
}

// The far end sees a reset, not an orderly end.
void reset(int fd)
{
    const linger at_once{1, 0};
    (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
}

} // namespace

faulty_way::faulty_way(std::uint16_t target)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), target_(target)
{
    with_small_buffers(listener_); // what it accepts has them too
    auto here = loopback(0);
    socklen_t size = sizeof here;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) == 0);
    REQUIRE(::listen(listener_, 64) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) == 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { run(); });
}

faulty_way::~faulty_way()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake();
    thread_.join();
    for (const auto& one : pairs_) {
        reset(one.near);
        reset(one.far);
    }
    ::close(listener_);
    ::close(wake_);
}

void faulty_way::wake()
{
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
}

void faulty_way::cut()
{
    const std::lock_guard lock(mutex_);
    for (auto& one : pairs_) {
        reset(one.near);
        reset(one.far);
    }
    pairs_.clear();
    open_ = 0;
    wake();
}

void faulty_way::refuse(bool all)
{
    const std::lock_guard lock(mutex_);
    refusing_ = all;
    wake();
}

void faulty_way::hold(bool all)
{
    const std::lock_guard lock(mutex_);
    holding_ = all;
    wake();
}

void faulty_way::slow(std::uint64_t bytes_per_second)
{
    const std::lock_guard lock(mutex_);
    rate_ = bytes_per_second;
    wake();
}

void faulty_way::garble()
{
    const std::lock_guard lock(mutex_);
    for (auto& one : pairs_)
        for (auto* way : {&one.out, &one.back})
            way->waiting += std::string("\xff\x00\x13nonsense\r\n\r\n\x80", 17);
    wake();
}

void faulty_way::accept_all()
{
    for (;;) {
        const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (near < 0) return;
        const int far = refusing_ ? -1 : ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto there = loopback(target_);
        if (far >= 0) with_small_buffers(far);
        if (far < 0 || ::connect(far, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
            if (far >= 0) ::close(far);
            reset(near);
            continue;
        }
        const int yes = 1;
        for (const int fd : {near, far})
            (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        pairs_.push_back({near, far, {}, {}, false});
    }
}

void faulty_way::carry(int from, int to, direction& way, short ready_in, short ready_out, bool& dead)
{
    if ((ready_in & (POLLIN | POLLHUP | POLLERR)) != 0 && !way.ended && way.waiting.size() < most_waiting) {
        std::array<char, 16UL * 1024> bytes{};
        const auto got = ::recv(from, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got > 0)
            way.waiting.append(bytes.data(), static_cast<std::size_t>(got));
        else if (got == 0)
            way.ended = true;
        else if (errno != EAGAIN && errno != EINTR)
            dead = true;
    }
    if (holding_) return;
    std::size_t may = way.waiting.size();
    if (rate_ != 0) may = std::min(may, static_cast<std::size_t>(way.credit));
    if (may > 0 && (ready_out & (POLLOUT | POLLHUP | POLLERR)) != 0) {
        const auto put = ::send(to, way.waiting.data(), may, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put > 0) {
            way.waiting.erase(0, static_cast<std::size_t>(put));
            way.credit -= static_cast<double>(put);
        } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
            dead = true;
        }
    }
    if (way.ended && way.waiting.empty() && !way.told) {
        (void)::shutdown(to, SHUT_WR);
        way.told = true;
    }
}

void faulty_way::run()
{
    using clock = std::chrono::steady_clock;
    auto before = clock::now();
    std::vector<pollfd> all;
    for (;;) {
        int patience = -1;
        {
            const std::lock_guard lock(mutex_);
            if (ending_) return;
            all.assign({{listener_, POLLIN, 0}, {wake_, POLLIN, 0}});
            if (rate_ != 0) patience = 10;
            for (const auto& one : pairs_) {
                const auto wants = [&](const direction& in, const direction& out) {
                    short events = 0;
                    if (!in.ended && in.waiting.size() < most_waiting) events |= POLLIN;
                    if (!holding_ && !out.waiting.empty() && (rate_ == 0 || out.credit >= 1))
                        events |= POLLOUT;
                    return events;
                };
                // A side that wants nothing is not asked about: its hang-up would wake us for ever.
                const short near = wants(one.out, one.back), far = wants(one.back, one.out);
                all.push_back({near != 0 ? one.near : -1, near, 0});
                all.push_back({far != 0 ? one.far : -1, far, 0});
            }
        }
        (void)::poll(all.data(), all.size(), patience);

        const std::lock_guard lock(mutex_);
        std::uint64_t told = 0;
        (void)!::read(wake_, &told, sizeof told);
        const auto now = clock::now();
        const double earned =
            std::chrono::duration<double>(now - before).count() * static_cast<double>(rate_);
        before = now;
        // cut() may have taken pairs away since; what was asked about them is found by descriptor.
        const auto ready = [&](int fd) -> short {
            for (std::size_t n = 2; n < all.size(); ++n)
                if (all[n].fd == fd) return all[n].revents;
            return 0;
        };
        for (auto& one : pairs_) {
            for (auto* way : {&one.out, &one.back})
                way->credit = std::min(way->credit + earned, static_cast<double>(rate_) / 10 + 1);
            const short near = ready(one.near), far = ready(one.far);
            carry(one.near, one.far, one.out, near, far, one.dead);
            carry(one.far, one.near, one.back, far, near, one.dead);
            if (!one.dead && !(one.out.told && one.back.told)) continue;
            one.dead = true;
            reset(one.near);
            reset(one.far);
        }
        pairs_.remove_if([](const pair& one) { return one.dead; });
        accept_all();
        open_ = pairs_.size();
    }
}

} // namespace layerline::tests
