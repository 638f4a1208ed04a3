// Whatever Moonraker says, a line a message: outcomes once each, a sequence that never falls, nothing sent
// twice. A line "=" lets a second pass instead.
#include "printer/moonraker/moonraker_desk.hpp"

#include <algorithm>
#include <array>
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
    std::set<moonraker_desk::ticket> asked, ended, questions, replied;
    std::uint64_t sequence = desk.sequence();
    const auto settle = [&] {
        while (desk.next_message(now)) {
        }
        while (const auto kept = desk.next_to_keep())
            if (kept->commit) desk.kept(*kept->commit, {}, now);
        while (const auto out = desk.next_outcome())
            if (!ended.insert(out->id).second) std::abort();
        while (const auto reply = desk.next_reply())
            if (!replied.insert(reply->id).second) std::abort();
        if (desk.sequence() < sequence) std::abort();
        sequence = desk.sequence();
    };
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (int step = 0; !bytes.empty() && step < 1000; ++step) {
        const auto line = bytes.substr(0, bytes.find('\n'));
        bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
        settle();
        if (line == "=") {
            now += std::chrono::seconds(1);
            if (!desk.tick(now)) break;
        } else if (!desk.receive(line, now)) {
            break;
        }
        const std::array<action, 10> all{start_job{"gcode/a.gcode", true},
                                         pause_job{},
                                         set_temperature{"tool0", 100},
                                         cancel_job{},
                                         move_axis{'x', 1, {}},
                                         run_gcode{"STATUS"},
                                         run_macro{"A", {}},
                                         answer_prompt{0},
                                         exclude_object{"A"},
                                         set_power{"psu", true}};
        asked.insert(desk.ask(all[static_cast<std::size_t>(step) % all.size()], {}, now));
        if (step % 3 == 0)
            questions.insert(desk.query("server.history.totals", nullptr, std::chrono::seconds(1), now));
    }
    settle();
    desk.disconnected(printer_errc::host_gone, "gone", now);
    settle();
    if (ended != asked || replied != questions) std::abort();
    return 0;
}
