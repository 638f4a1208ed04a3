// Packed lines: turned on once the firmware says that it unpacks, kept on through damage, off before every
// hello.
#include "printer/serial/meatpack.hpp"
#include "printer/serial/protocol_state.hpp"

#include <algorithm>
#include <utility>

namespace layerline::printer::serial {

namespace {
constexpr milliseconds packing_patience{1000};
constexpr int most_packing_tries = 3;
} // namespace

// Nothing is sent between this and the firmware's answer: it could be read either way.
void protocol_machine::impl::ask_packing(time_point now)
{
    const auto& can = firmware.capabilities;
    if (!settings.meatpack || std::find(can.begin(), can.end(), "MEATPACK") == can.end()) return;
    packing_tries = 1;
    outbox.put(meatpack::on);
    packing_due = now + packing_patience;
}

void protocol_machine::impl::packing_timer(time_point now)
{
    if (packing_tries < most_packing_tries) {
        ++packing_tries;
        outbox.put(meatpack::on);
        packing_due = now + packing_patience;
        return;
    }
    // It says that it can, and does not: unpacked, then, as it is without.
    packing_due.reset();
    outbox.put(meatpack::off);
    outbox.put("\n");
    pump(now);
}

void protocol_machine::impl::packing_told(bool on, time_point now)
{
    if (packing_due && on) {
        packing_due.reset();
        packing = true;
        pump(now);
    } else if (packing && !on)
        pack_again = true; // behind an urgent line, or by damage: it costs six bytes to be sure
}

void protocol_machine::impl::put_frame(std::string_view frame)
{
    if (!packing) return outbox.put(frame);
    packed.clear();
    if (std::exchange(pack_again, false)) packed.append(meatpack::again);
    meatpack::pack(packed, frame);
    outbox.put(packed);
}

} // namespace layerline::printer::serial
