// A local UI's camera through the real relay: a viewer on a slow line sees what is, not what was.
#include "camera_viewer.hpp"
#include "rig.hpp"
#include "ui_rig.hpp"
#include "web.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace layerline::tests;
using layerline::fakes::fake_ui;
namespace camera = layerline::camera;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// A viewer of the fake UI's camera.
camera_viewer viewer(const ui_rig& on, std::size_t rate)
{
    return {
        on.at.port_of(on.at.relay_url()),
        "GET /webcam HTTP/1.1\r\nHost: " + on.host() + "\r\nAuthorization: " + basic(on.token) + "\r\n\r\n",
        rate, [](const camera::frame_part& part) {
            const auto facts = fake_ui::facts_of(part.bytes);
            REQUIRE(facts);
            CHECK(part.fields == "X-Number: " + std::to_string(facts->number) + "\r\n");
            return camera_viewer::sight{
                facts->number, std::chrono::duration_cast<milliseconds>(steady_clock::now() - facts->made)};
        }};
}

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
    auto slow = viewer(on, 150'000);
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
    auto fast = viewer(on, 0);
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
