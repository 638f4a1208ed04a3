// One thread listens, one serves each connection; all end with the camera.
#include "tests/fakes/fake_camera.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <list>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::fakes {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view jpeg_begin = "\xff\xd8\xff\xe0", jpeg_end = "\xff\xd9";

// Without its end, as this camera sends it.
std::string picture(int number)
{
    const auto now = std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
    std::string bytes(jpeg_begin);
    bytes += std::to_string(number) + " " + std::to_string(now.count()) + " ";
    bytes.resize(fake_camera::picture_bytes - jpeg_end.size(), static_cast<char>('a' + number % 26));
    return bytes;
}

} // namespace

class fake_camera::running {
public:
    explicit running(std::uint16_t port) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const int yes = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons(port);
        socklen_t size = sizeof at;
        auto* address = reinterpret_cast<sockaddr*>(&at);
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 64) != 0 ||
            ::getsockname(listener_, address, &size) != 0)
            throw std::runtime_error("the fake camera cannot listen");
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }
    ~running() { die(); }
    running(const running&) = delete;
    running& operator=(const running&) = delete;

    std::uint16_t port() const { return port_; }
    counts so_far() const
    {
        const std::lock_guard lock(mutex_);
        return counts_;
    }
    bool becomes(const std::function<bool(const counts&)>& so, std::chrono::seconds patience) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return so(counts_); });
    }
    std::string last_authorization() const
    {
        const std::lock_guard lock(mutex_);
        return authorization_;
    }
    void die()
    {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            dead_ = true;
            for (const int one : open_)
                ::shutdown(one, SHUT_RDWR);
        }
        changed_.notify_all();
        thread_.join();
        for (auto& one : serving_)
            one.join();
        ::close(listener_);
    }

private:
    void accept_all()
    {
        while (!dead_) {
            pollfd ready{listener_, POLLIN, 0};
            if (::poll(&ready, 1, 20) != 1) continue;
            const int one = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (one < 0) continue;
            {
                const std::lock_guard lock(mutex_);
                open_.insert(one);
            }
            serving_.emplace_back([this, one] {
                serve(one);
                const std::lock_guard lock(mutex_);
                open_.erase(one);
                ::close(one);
            });
        }
    }

    void serve(int socket)
    {
        std::string head;
        char byte = 0;
        while (!head.ends_with("\r\n\r\n") && head.size() < 16'000) {
            if (::recv(socket, &byte, 1, 0) != 1) return;
            head += byte;
        }
        const auto field = head.find("authorization: ");
        {
            const std::lock_guard lock(mutex_);
            authorization_ = field == std::string::npos
                                 ? ""
                                 : head.substr(field + 15, head.find('\r', field) - field - 15);
        }
        const auto path = head.substr(4, head.find_first_of(" ?", 4) - 4);
        answer(socket, path);
    }

    void answer(int socket, const std::string& path)
    {
        const std::string stream = "HTTP/1.0 200 OK\r\nServer: cheap\r\nContent-Type: "
                                   "multipart/x-mixed-replace;boundary=--odd_frame\r\n\r\n";
        if (path == "/stream" || path == "/frozen" || path == "/empty") {
            note([](counts& all) { ++all.streams, ++all.streaming; });
            if (send(socket, stream + "--odd_frame\r\n") && path != "/empty")
                send_pictures(socket, path == "/frozen" ? 1 : 0);
            wait_for_end(socket);
            note([](counts& all) { --all.streaming; });
        } else if (path == "/snapshot") {
            note([](counts& all) { ++all.snapshots; });
            send(socket, "HTTP/1.0 200 OK\r\nContent-Type: image/jpg\r\n\r\n\r\n" + picture(1));
        } else if (path == "/hang") {
            wait_for_end(socket);
        } else if (path == "/gzip") {
            send(socket, "HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\nContent-Encoding: gzip\r\n\r\n???");
        } else if (path == "/locked") {
            send(socket, "HTTP/1.0 401 No\r\nContent-Length: 0\r\n\r\n");
        } else if (path == "/moved") {
            send(socket, "HTTP/1.0 302 There\r\nLocation: /snapshot\r\nContent-Length: 0\r\n\r\n");
        } else {
            send(socket, "HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n");
        }
    }

    // `most` of them; 0: until the caller goes.
    void send_pictures(int socket, int most)
    {
        auto next = steady_clock::now();
        for (int number = 1; !dead_ && (most == 0 || number <= most); ++number) {
            if (!send(socket, "Content-type: image/jpg\r\n\r\n" + picture(number) + "\r\n--odd_frame\r\n"))
                return;
            next += picture_every;
            std::unique_lock lock(mutex_);
            changed_.wait_until(lock, next, [this] { return dead_.load(); });
        }
    }

    // Until the caller closes, or the camera dies.
    static void wait_for_end(int socket)
    {
        char byte = 0;
        while (::recv(socket, &byte, 1, 0) > 0) {
        }
    }

    static bool send(int socket, const std::string& all)
    {
        for (std::size_t done = 0; done < all.size();) {
            const auto count = ::send(socket, all.data() + done, all.size() - done, MSG_NOSIGNAL);
            if (count <= 0) return false;
            done += static_cast<std::size_t>(count);
        }
        return true;
    }

    template <class Change>
    void note(Change change)
    {
        {
            const std::lock_guard lock(mutex_);
            change(counts_);
        }
        changed_.notify_all();
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> dead_{false};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    counts counts_;
    std::set<int> open_;
    std::string authorization_;
    std::list<std::thread> serving_;
    std::thread thread_;
};

fake_camera::fake_camera(std::uint16_t port) : running_(std::make_unique<running>(port)) {}
fake_camera::~fake_camera() = default;

std::uint16_t fake_camera::port() const
{
    return running_->port();
}

std::string fake_camera::url(const std::string& path) const
{
    return "http://127.0.0.1:" + std::to_string(port()) + path;
}

fake_camera::counts fake_camera::so_far() const
{
    return running_->so_far();
}

bool fake_camera::becomes(const std::function<bool(const counts&)>& so, std::chrono::seconds patience) const
{
    return running_->becomes(so, patience);
}

std::string fake_camera::last_authorization() const
{
    return running_->last_authorization();
}

void fake_camera::die()
{
    running_->die();
}

std::optional<fake_camera::picture_facts> fake_camera::facts_of(const std::string& bytes)
{
    picture_facts facts;
    long long made = 0;
    int used = 0;
    if (bytes.size() != picture_bytes || !bytes.starts_with(jpeg_begin) || !bytes.ends_with(jpeg_end))
        return std::nullopt;
    const auto inner = bytes.substr(jpeg_begin.size(), bytes.size() - jpeg_begin.size() - jpeg_end.size());
    if (std::sscanf(inner.c_str(), "%d %lld %n", &facts.number, &made, &used) != 2) return std::nullopt;
    const auto fill =
        inner.find_first_not_of(static_cast<char>('a' + facts.number % 26), static_cast<std::size_t>(used));
    if (fill != std::string::npos) return std::nullopt;
    facts.made = steady_clock::time_point(milliseconds(made));
    return facts;
}

} // namespace layerline::fakes
