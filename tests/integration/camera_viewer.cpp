#include "camera_viewer.hpp"

#include "web.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace layerline::tests {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

camera_viewer::camera_viewer(std::uint16_t port, const std::string& head, std::size_t rate, reader read)
    : socket_(connect_to(port, 16 * 1024)), rate_(rate), read_(std::move(read))
{
    REQUIRE(::send(socket_, head.data(), head.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(head.size()));
}

camera_viewer::~camera_viewer()
{
    ::close(socket_);
}

std::vector<camera_viewer::sight> camera_viewer::watch(milliseconds time, std::size_t enough)
{
    std::vector<sight> seen;
    const auto begin = steady_clock::now();
    std::size_t taken = 0;
    while (seen.size() < enough) {
        const auto spent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
        if (spent >= time) break;
        const auto allowed = rate_ == 0 ? SIZE_MAX : rate_ * static_cast<std::size_t>(spent.count()) / 1000;
        if (taken >= allowed) { // a line is slow by itself; this stands for it
            std::this_thread::sleep_for(milliseconds(10));
            continue;
        }
        pollfd ready{socket_, POLLIN, 0};
        if (::poll(&ready, 1, 1000) != 1) continue;
        std::array<char, 4096> part{};
        const auto count = ::recv(socket_, part.data(), std::min(part.size(), allowed - taken), MSG_DONTWAIT);
        REQUIRE(count > 0);
        taken += static_cast<std::size_t>(count);
        note({part.data(), static_cast<std::size_t>(count)}, seen);
        REQUIRE_FALSE(ended_);
    }
    return seen;
}

bool camera_viewer::sees_end(std::chrono::seconds patience)
{
    const auto until = steady_clock::now() + patience;
    std::vector<sight> seen;
    while (!ended_ && steady_clock::now() < until) {
        pollfd ready{socket_, POLLIN, 0};
        if (::poll(&ready, 1, 100) != 1) continue;
        std::array<char, 4096> part{};
        const auto count = ::recv(socket_, part.data(), part.size(), MSG_DONTWAIT);
        if (count <= 0) return true;
        note({part.data(), static_cast<std::size_t>(count)}, seen);
    }
    return ended_;
}

// The relay's chunks are in between: they are no part of a picture.
void camera_viewer::note(std::string_view bytes, std::vector<sight>& seen)
{
    wire_.append(bytes);
    if (head_.empty()) {
        const auto end = wire_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        head_ = wire_.substr(0, end);
        INFO(head_);
        REQUIRE(head_.starts_with("HTTP/1.1 200 "));
        REQUIRE(head_.find("boundary=layerline-frame") != std::string::npos);
        REQUIRE(head_.find("transfer-encoding: chunked") != std::string::npos);
        wire_.erase(0, end + 4);
    }
    std::vector<camera::frame_part> whole;
    for (;;) {
        if (chunk_ == 0) {
            const auto line = wire_.find("\r\n", 2);
            if (wire_.size() < 3 || line == std::string::npos) break;
            const auto from = wire_.starts_with("\r\n") ? 2U : 0U;
            chunk_ = std::stoul(wire_.substr(from, line - from), nullptr, 16);
            wire_.erase(0, line + 2);
            ended_ = chunk_ == 0;
            if (ended_) break;
        }
        if (wire_.empty()) break;
        const auto count = std::min(chunk_, wire_.size());
        REQUIRE_FALSE(parser_.take(std::string_view(wire_).substr(0, count), whole));
        wire_.erase(0, count);
        chunk_ -= count;
    }
    for (const auto& part : whole)
        seen.push_back(read_(part));
}

} // namespace layerline::tests
