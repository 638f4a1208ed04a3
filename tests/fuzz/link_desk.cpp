// Whatever a print host sends, in any slicing: outcomes once each, a sequence that never falls.
#include "printer/serial/link_desk.hpp"

#include <cstdlib>
#include <set>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::printer;
    using namespace layerline::printer::serial;
    link_desk desk{link_settings{}};
    link_desk::time_point now{};
    desk.connected(now);
    desk.ask(pause_job{}, {}, now);
    desk.ask(resume_job{}, {}, now);
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::set<link_desk::ticket> ended;
    std::uint64_t sequence = desk.sequence();
    while (!bytes.empty()) {
        const auto step = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        const auto part = bytes.substr(0, step);
        bytes.remove_prefix(part.size());
        if (!desk.receive(part, now)) break;
        now += std::chrono::milliseconds(step);
        while (desk.next_line(now)) {
        }
        if (!desk.tick(now)) break;
        if (desk.sequence() < sequence) std::abort();
        sequence = desk.sequence();
        while (auto out = desk.next_outcome())
            if (!ended.insert(out->id).second) std::abort();
    }
    desk.disconnected(printer_errc::host_gone, "gone", now);
    while (auto out = desk.next_outcome())
        if (!ended.insert(out->id).second) std::abort();
    if (ended.size() != 2) std::abort();
    return 0;
}
