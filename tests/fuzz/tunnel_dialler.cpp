// Scripts of events to the dialler's machine: it must always leave a way on, never dial an address that is
// not there, and never wait longer than its ceiling.
#include "transport/error.hpp"
#include "transport/tunnel/dial_planner.hpp"

#include <cstdlib>

using namespace layerline::transport;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size < 2) return 0;
    dial_settings settings;
    settings.addresses = data[0] % 5;
    settings.seed = data[1];
    dial_planner machine(settings);
    dial_planner::time_point now{};
    const auto check = [&](const dial_planner::action& action) {
        if (const auto* dial = std::get_if<dial_planner::dial>(&action))
            if (dial->address >= std::max<std::size_t>(settings.addresses, 1)) std::abort();
        if (const auto* wait = std::get_if<dial_planner::wait_until>(&action))
            if (wait->when - now > settings.ceiling) std::abort();
        if (const auto* over = std::get_if<dial_planner::give_up>(&action))
            if (worth_retrying(over->why)) std::abort();
    };
    check(machine.start(now));
    for (std::size_t at = 2; at + 1 < size; at += 2) {
        const auto why = make_error_code(static_cast<errc>(1 + data[at + 1] % 14));
        now += std::chrono::milliseconds(data[at + 1] * data[at + 1]);
        switch (data[at] % 8) {
        case 0:
            check(machine.dialled(now));
            break;
        case 1:
            check(machine.refused(now, why));
            break;
        case 2:
            check(machine.tunnel_ended(now, why));
            break;
        case 3:
            check(machine.woken(now));
            break;
        case 4:
            check(machine.network_changed(now));
            break;
        case 5:
            check(machine.asked_to_reconnect(now));
            break;
        case 6:
            check(machine.start(now));
            break;
        case 7:
            if (data[at + 1] == 0) check(machine.stop());
            break;
        }
    }
    return 0;
}
