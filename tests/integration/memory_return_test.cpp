// What a cut tunnel leaves behind: nothing. Cycles of everything under way, a cut and a new start, and after
// them the descriptors and the memory of relay and agent.
#include "open_call.hpp"
#include "open_socket.hpp"
#include "ui_rig.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;

namespace {

struct holdings {
    std::size_t relay_descriptors, agent_descriptors;
    bool operator==(const holdings&) const = default;
};

holdings held(const rig& at)
{
    return {descriptors_of(*at.relay), descriptors_of(*at.agent)};
}

long resident_kb(const program& one)
{
    const auto status = content_of("/proc/" + std::to_string(one.pid()) + "/status");
    return std::stol(status.substr(status.find("VmRSS:") + 6));
}

// Once connections that were about to close have.
holdings settled(const rig& at)
{
    auto last = held(at);
    int same = 0;
    REQUIRE(at.becomes([&] {
        const auto now = held(at);
        same = now == last ? same + 1 : 0;
        last = now;
        return same == 10;
    }));
    return last;
}

// A download, an upload and a WebSocket are in their midst when the tunnel is cut, for a moment.
void cycle(const ui_rig& on, const std::string& large)
{
    const auto port = on.at.port_of(on.at.relay_url());
    const auto url = "/printers/" + on.at.agent_id() + "/plugin-api/v1/";
    open_call download(port, "GET", url + "files/download?Path=gcode/large.gcode", on.at.relay_token());
    REQUIRE(download.read_head() == 200);
    REQUIRE(download.read_some(64UL * 1024) > 0);
    open_socket socket(port, on.host(), basic(on.token));
    REQUIRE(socket.echoes("before"));
    open_call upload(port, "PUT", url + "files/upload?Path=gcode/sent.gcode", on.at.relay_token(),
                     large.size());
    upload.send(std::string_view(large).substr(0, large.size() / 4));
    const auto parts = on.at.path("agent/files/gcode/.part");
    const auto no_parts = [&] { return !std::filesystem::exists(parts) || std::filesystem::is_empty(parts); };
    INFO("upload: " << upload.why());
    REQUIRE(on.at.becomes([&] { return !no_parts(); }));

    on.way->refuse(true);
    on.way->cut();
    CHECK(socket.ends());
    const auto fetched = download.read_to_end(large.size());
    CHECK(fetched.ended);
    CHECK(fetched.bytes < large.size());
    upload.send(std::string_view(large).substr(large.size() / 4));
    CHECK(upload.read_head() != 200);
    CHECK_FALSE(upload.hangs());
    // So many cuts in a minute would make the agent wait longer and longer; this one begins anew.
    REQUIRE(on.at.agent_command({"reconnect"}).exit_code == 0);
    on.way->refuse(false);
    on.at.wait_for_tunnel();
    REQUIRE(on.at.becomes(no_parts));
}

} // namespace

TEST_CASE("after cuts in mid-download, mid-upload and in an open WebSocket nothing is kept",
          "[tunnel][memory]")
{
    // Allocator, the store's pages and pools have their size after a few.
    constexpr int warm_up = 6, measured = 24;
    // Freed memory is kept up to 4 MiB (transport/heap.hpp), and some of it lies in fragments. Of each cycle
    // at least a window (256 KiB) is under way at both ends: kept, that would be 6 MiB.
    constexpr long bound_kb = 5 * 1024;
    const ui_rig on;
    const auto large = small_job(1'000'000);
    on.at.put_file("large.gcode", large);
    cycle(on, large); // the first opens what stays open
    const auto before = settled(on.at);
    for (int i = 1; i < warm_up; ++i)
        cycle(on, large);
    const auto relay_kb = resident_kb(*on.at.relay), agent_kb = resident_kb(*on.at.agent);
    for (int i = 0; i < measured; ++i)
        cycle(on, large);
    const auto after = settled(on.at);
    CHECK(after.relay_descriptors == before.relay_descriptors);
    CHECK(after.agent_descriptors == before.agent_descriptors);
    const auto relay_more = resident_kb(*on.at.relay) - relay_kb,
               agent_more = resident_kb(*on.at.agent) - agent_kb;
    INFO("relay +" << relay_more << " KiB on " << relay_kb << ", agent +" << agent_more << " KiB on "
                   << agent_kb);
#ifndef __SANITIZE_ADDRESS__ // which keeps freed memory for a while, and finds leaks by itself
    CHECK(relay_more < bound_kb);
    CHECK(agent_more < bound_kb);
#endif
}
