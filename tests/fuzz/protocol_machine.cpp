// A hostile printer and an awkward port: bytes in any slicing, time in any steps, writes cut short. The
// machine must keep its promises: exact wake-ups, acknowledgements in order and only of what was sent,
// bounded output.
#include "printer/serial/protocol_machine.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace layerline::printer::serial;

namespace {

void check(bool holds)
{
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto take = [&]() -> unsigned {
        if (input.empty()) return 0;
        const auto byte = static_cast<unsigned char>(input.front());
        input.remove_prefix(1);
        return byte;
    };
    machine_settings settings;
    settings.window_lines = 1 + take() % 5;
    settings.history = 1 + take();
    protocol_machine machine(settings);
    time_point now{};
    std::uint64_t sent = 0, told = 0;
    machine.opened(now);
    while (!input.empty()) {
        const unsigned what = take();
        switch (what % 8) {
        case 0:
        case 1:
        case 2: {
            const auto bytes = input.substr(0, 1 + what / 8);
            input.remove_prefix(bytes.size());
            machine.receive(bytes, now);
            break;
        }
        case 3: // whole answers, so that the fuzzer gets far
            machine.receive("ok\n", now);
            break;
        case 4:
            now += std::chrono::milliseconds(1 + (what / 8) * (what / 8) * (what / 8));
            machine.tick(now);
            check(!machine.next_wakeup() || *machine.next_wakeup() > now);
            break;
        case 5:
            if (machine.can_send()) machine.send(what & 8 ? "G28" : "G1 X1 Y2", sent++, now);
            break;
        case 6:
            machine.consumed(what / 8 == 31 ? machine.output().size() : what / 8, now);
            break;
        case 7:
            if (what / 8 == 0) machine.opened(now);
            machine.send_urgent("M108", now);
            break;
        }
        check(machine.output().size() <= 96 + 1);
        check(machine.in_flight() <= sent - told);
        while (const auto event = machine.next_event())
            if (const auto* ack = std::get_if<acknowledged>(&*event)) {
                check(ack->tag < sent && ack->tag >= told);
                told = ack->tag + 1;
            }
    }
    return 0;
}
