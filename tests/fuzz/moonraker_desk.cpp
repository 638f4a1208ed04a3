// Whatever Moonraker says, a line a message: outcomes once each, a sequence that never falls, nothing sent
// twice. A line "=" lets a second pass instead.
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::printer;
    using namespace layerline::printer::moonraker;
    moonraker_desk desk{desk_settings{}, layerline::printer::serial::durable_state{}};
    moonraker_desk::time_point now{};
    desk.connected(now);
    std::set<moonraker_desk::ticket> asked, ended;
    std::uint64_t sequence = desk.sequence();
    const auto settle = [&] {
        while (desk.next_message(now)) {
        }
        while (const auto kept = desk.next_to_keep())
            if (kept->commit) desk.kept(*kept->commit, {}, now);
        while (const auto out = desk.next_outcome())
            if (!ended.insert(out->id).second) std::abort();
        if (desk.sequence() < sequence) std::abort();
        sequence = desk.sequence();
    };
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (int step = 0; !bytes.empty(); ++step) {
        const auto line = bytes.substr(0, bytes.find('\n'));
        bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
        settle();
        if (line == "=") {
            now += std::chrono::seconds(1);
            if (!desk.tick(now)) break;
        } else if (!desk.receive(line, now)) {
            break;
        }
        const action what = step % 4 == 0   ? action(start_job{"gcode/a.gcode", true})
                            : step % 4 == 1 ? action(pause_job{})
                            : step % 4 == 2 ? action(set_temperature{"tool0", 100})
                                            : action(cancel_job{});
        asked.insert(desk.ask(what, {}, now));
    }
    settle();
    desk.disconnected(printer_errc::host_gone, "gone", now);
    settle();
    if (ended != asked) std::abort();
    return 0;
}
