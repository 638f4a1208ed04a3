// layerline-bench-delay: a TCP proxy that brings every byte later by a fixed time, each way, as a long line
// does. It takes bytes as fast as they come, up to what is under way on such a line (64 MiB each way), and
// never hurries or drops any. It can cut all of its connections now and then. Tells its port on standard
// output.
#include <CLI/CLI.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::bench {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t most_under_way = 64UL * 1024 * 1024; // bytes, each way

// A connected socket, closed with its last user.
class connection {
public:
    explicit connection(int descriptor) : descriptor_(descriptor)
    {
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~connection() { ::close(descriptor_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    int get() const { return descriptor_; }
    void cut() const { ::shutdown(descriptor_, SHUT_RDWR); }

private:
    int descriptor_;
};

// All connections of the proxy, to be cut at once.
class open_connections {
public:
    void add(const std::shared_ptr<connection>& one)
    {
        const std::lock_guard lock(guard_);
        std::erase_if(all_, [](const auto& old) { return old.expired(); });
        all_.push_back(one);
    }
    void cut()
    {
        const std::lock_guard lock(guard_);
        for (const auto& one : all_)
            if (const auto open = one.lock()) open->cut();
        all_.clear();
    }

private:
    std::mutex guard_;
    std::vector<std::weak_ptr<connection>> all_;
};

// One way of a connection: bytes between the thread that reads and the thread that writes.
class line {
public:
    explicit line(std::chrono::milliseconds delay) : delay_(delay) {}

    // False once the far side takes no more.
    bool put(std::string bytes)
    {
        std::unique_lock lock(guard_);
        room_.wait(lock, [&] { return broken_ || held_ < most_under_way; });
        if (broken_) return false;
        held_ += bytes.size();
        flying_.push_back({clock::now() + delay_, std::move(bytes)});
        ready_.notify_one();
        return true;
    }
    // Waits for the next bytes and until they are due; empty at the end.
    std::string take()
    {
        std::unique_lock lock(guard_);
        ready_.wait(lock, [&] { return ended_ || broken_ || !flying_.empty(); });
        if (broken_ || flying_.empty()) return {};
        auto next = std::move(flying_.front());
        flying_.pop_front();
        lock.unlock();
        std::this_thread::sleep_until(next.due);
        lock.lock();
        held_ -= next.bytes.size();
        room_.notify_one();
        return std::move(next.bytes);
    }
    void end()
    {
        const std::lock_guard lock(guard_);
        ended_ = true;
        ready_.notify_one();
    }
    void cut()
    {
        const std::lock_guard lock(guard_);
        broken_ = true;
        ready_.notify_one();
        room_.notify_one();
    }

private:
    struct piece {
        clock::time_point due;
        std::string bytes;
    };
    const std::chrono::milliseconds delay_;
    std::mutex guard_;
    std::condition_variable ready_, room_;
    std::deque<piece> flying_;
    std::size_t held_ = 0;
    bool ended_ = false, broken_ = false;
};

bool send_all(int to, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto put = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

void carry(std::shared_ptr<connection> from, std::shared_ptr<connection> to, std::chrono::milliseconds delay)
{
    const auto way = std::make_shared<line>(delay);
    std::thread([way, to, from] {
        for (auto bytes = way->take(); !bytes.empty(); bytes = way->take())
            if (!send_all(to->get(), bytes)) {
                way->cut();
                ::shutdown(from->get(), SHUT_RD);
            }
        ::shutdown(to->get(), SHUT_WR);
    }).detach();
    std::thread([way, from] {
        std::array<char, 64UL * 1024> buffer{};
        for (;;) {
            const auto got = ::recv(from->get(), buffer.data(), buffer.size(), 0);
            if (got <= 0 || !way->put({buffer.data(), static_cast<std::size_t>(got)})) break;
        }
        way->end();
    }).detach();
}

int serve(const std::string& host, std::uint16_t port, std::chrono::milliseconds delay,
          std::chrono::seconds cut_every)
{
    sockaddr_in far{};
    far.sin_family = AF_INET;
    far.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &far.sin_addr) != 1) {
        std::fprintf(stderr, "%s is no IPv4 address\n", host.c_str());
        return 2;
    }
    const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    if (::bind(door, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 || ::listen(door, 64) != 0 ||
        ::getsockname(door, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
        std::perror("listen");
        return 1;
    }
    std::printf("%u\n", ntohs(own.sin_port));
    std::fflush(stdout);
    open_connections open;
    if (cut_every.count() > 0)
        std::thread([&open, cut_every] { // serve() ends with the process only
            for (;;) {
                std::this_thread::sleep_for(cut_every);
                open.cut();
            }
        })
            .detach();
    for (;;) {
        const int near = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
        if (near < 0) continue;
        const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto one = std::make_shared<connection>(near);
        const auto two = std::make_shared<connection>(other);
        if (::connect(other, reinterpret_cast<const sockaddr*>(&far), sizeof far) != 0) continue;
        open.add(one);
        open.add(two);
        carry(one, two, delay);
        carry(two, one, delay);
    }
}

int run_program(int argc, char** argv)
{
    std::string to;
    int delay = 25, cut_every = 0;
    CLI::App app("A TCP proxy on loopback that brings every byte later.");
    app.add_option("--to", to, "ADDRESS:PORT, IPv4")->required();
    app.add_option("--delay-ms", delay, "each way; a round trip takes twice as long")
        ->check(CLI::Range(0, 10000));
    app.add_option("--cut-every-s", cut_every, "cut all connections that often; 0: never")
        ->check(CLI::Range(0, 86400));
    CLI11_PARSE(app, argc, argv);
    const auto colon = to.rfind(':');
    const auto port = colon == std::string::npos ? 0 : std::strtoul(to.c_str() + colon + 1, nullptr, 10);
    if (port == 0 || port > 65535) {
        std::fprintf(stderr, "--to takes ADDRESS:PORT\n");
        return 2;
    }
    return serve(to.substr(0, colon), static_cast<std::uint16_t>(port), std::chrono::milliseconds(delay),
                 std::chrono::seconds(cut_every));
}

} // namespace

} // namespace layerline::bench

int main(int argc, char** argv)
{
    return layerline::bench::run_program(argc, argv);
}
