// A local UI's camera through the real relay: a viewer on a slow line sees what is, not what was.
#include "rig.hpp"
#include "ui_rig.hpp"
#include "web.hpp"

#include "camera/multipart_parser.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace layerline::tests;
using layerline::fakes::fake_ui;
namespace camera = layerline::camera;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// Watches the camera as a phone does, at most `rate` bytes a second; 0: as fast as it comes.
class viewer {
public:
    viewer(const ui_rig& on, std::size_t rate)
        : socket_(connect_to(on.at.port_of(on.at.relay_url()), 16 * 1024)), rate_(rate)
    {
        const auto head = "GET /webcam HTTP/1.1\r\nHost: " + on.host() +
                          "\r\nAuthorization: " + basic(on.token) + "\r\n\r\n";
        REQUIRE(::send(socket_, head.data(), head.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(head.size()));
    }
    ~viewer() { ::close(socket_); }
    viewer(const viewer&) = delete;
    viewer& operator=(const viewer&) = delete;

    struct sight {
        int number;
        milliseconds age; // when its last byte came
    };
    // What it saw in `time`; fails the test at a picture that is not whole.
    std::vector<sight> watch(milliseconds time)
    {
        std::vector<sight> seen;
        const auto begin = steady_clock::now();
        std::size_t taken = 0;
        for (;;) {
            const auto now = steady_clock::now();
            const auto spent = std::chrono::duration_cast<milliseconds>(now - begin);
            if (spent >= time) return seen;
            const auto allowed =
                rate_ == 0 ? SIZE_MAX : rate_ * static_cast<std::size_t>(spent.count()) / 1000;
            if (taken >= allowed) { // a line is slow by itself; this stands for it
                std::this_thread::sleep_for(milliseconds(10));
                continue;
            }
            pollfd ready{socket_, POLLIN, 0};
            if (::poll(&ready, 1, 1000) != 1) continue;
            std::array<char, 4096> part{};
            const auto count =
                ::recv(socket_, part.data(), std::min(part.size(), allowed - taken), MSG_DONTWAIT);
            REQUIRE(count > 0);
            taken += static_cast<std::size_t>(count);
            note({part.data(), static_cast<std::size_t>(count)}, seen);
        }
    }

private:
    // The relay's chunks are in between: they are no part of a picture.
    void note(std::string_view bytes, std::vector<sight>& seen)
    {
        wire_.append(bytes);
        if (!head_over_) {
            const auto end = wire_.find("\r\n\r\n");
            if (end == std::string::npos) return;
            INFO(wire_.substr(0, end));
            REQUIRE(wire_.starts_with("HTTP/1.1 200 "));
            REQUIRE(wire_.find("boundary=layerline-frame") < end);
            REQUIRE(wire_.find("transfer-encoding: chunked") < end);
            wire_.erase(0, end + 4);
            head_over_ = true;
        }
        std::vector<camera::frame_part> whole;
        for (;;) {
            if (chunk_ == 0) {
                const auto line = wire_.find("\r\n", 2);
                if (wire_.size() < 3 || line == std::string::npos) break;
                const auto from = wire_.starts_with("\r\n") ? 2U : 0U;
                chunk_ = std::stoul(wire_.substr(from, line - from), nullptr, 16);
                REQUIRE(chunk_ > 0);
                wire_.erase(0, line + 2);
            }
            if (wire_.empty()) break;
            const auto count = std::min(chunk_, wire_.size());
            REQUIRE_FALSE(parser_.take(std::string_view(wire_).substr(0, count), whole));
            wire_.erase(0, count);
            chunk_ -= count;
        }
        for (const auto& part : whole) {
            const auto facts = fake_ui::facts_of(part.bytes);
            REQUIRE(facts);
            CHECK(part.fields == "X-Number: " + std::to_string(facts->number) + "\r\n");
            seen.push_back(
                {facts->number, std::chrono::duration_cast<milliseconds>(steady_clock::now() - facts->made)});
        }
    }

    int socket_;
    std::size_t rate_;
    std::string wire_;
    bool head_over_ = false;
    std::size_t chunk_ = 0; // what is left of it
    camera::multipart_parser parser_{"layerline-frame"};
};

long resident_kb(const program& one)
{
    const auto status = content_of("/proc/" + std::to_string(one.pid()) + "/status");
    return std::stol(status.substr(status.find("VmRSS:") + 6));
}

} // namespace

TEST_CASE("a viewer on a slow line sees recent pictures, each whole, and leaves out the rest", "[camera]")
{
    ui_rig on;
    const auto agent_before = resident_kb(*on.at.agent), relay_before = resident_kb(*on.at.relay);
    // 750 KB a second are made, 150 get through.
    viewer slow(on, 150'000);
    auto seen = slow.watch(milliseconds(6000));
    REQUIRE(seen.size() > 5);
    const auto first = seen.back().number;
    seen = slow.watch(milliseconds(6000));
    REQUIRE(seen.size() > 5);
    milliseconds oldest{0};
    int before = first;
    for (const auto& one : seen) {
        CHECK(one.number > before);
        before = one.number;
        oldest = std::max(oldest, one.age);
    }
    INFO("oldest " << oldest.count() << " ms, " << seen.size() << " of " << before - first
                   << " pictures, agent +" << resident_kb(*on.at.agent) - agent_before << " KB, relay +"
                   << resident_kb(*on.at.relay) - relay_before << " KB");
    // The stream's window (256 KiB), a message and the edges' buffers are what waits: less than 4 s of this
    // line. Queued, they would be 9 s old by now, and older with each second.
    CHECK(oldest < milliseconds(5000));
    CHECK(before - first > static_cast<int>(seen.size()) * 3);
    CHECK(resident_kb(*on.at.agent) - agent_before < 4096);
    CHECK(resident_kb(*on.at.relay) - relay_before < 4096);
    const auto asked = steady_clock::now();
    CHECK(on.at.at_relay("GET", "ping").code() == 200);
    CHECK(steady_clock::now() - asked < milliseconds(2000));
}

TEST_CASE("a viewer on a fast line sees nearly every picture, at once", "[camera]")
{
    ui_rig on;
    viewer fast(on, 0);
    (void)fast.watch(milliseconds(500));
    const auto seen = fast.watch(milliseconds(3000));
    REQUIRE(seen.size() > 10);
    auto ages = seen;
    std::sort(ages.begin(), ages.end(), [](const auto& a, const auto& b) { return a.age < b.age; });
    INFO("median " << ages[ages.size() / 2].age.count() << " ms, " << seen.size() << " of "
                   << seen.back().number - seen.front().number + 1);
    CHECK(ages[ages.size() / 2].age < milliseconds(500));
    CHECK(seen.size() * 2 > static_cast<std::size_t>(seen.back().number - seen.front().number));
}
