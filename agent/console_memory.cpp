#include "agent/console_memory.hpp"

#include <algorithm>
#include <utility>

namespace layerline::agent {

void console_memory::take(std::string_view mark, std::string_view text, time_point now)
{
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        std::string plain(line.substr(0, longest_line));
        for (char& c : plain)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
        if (plain.find_first_not_of(' ') == std::string::npos) continue;
        lines_.push_back({++newest_, now, std::string(mark) + plain});
        if (lines_.size() > most_lines) lines_.pop_front();
    }
}

void console_memory::sent(std::string_view text, time_point now)
{
    take("> ", text, now);
}

void console_memory::heard(std::string_view text, time_point now)
{
    take({}, text, now);
}

void console_memory::follow(const printer::printer_state& state, time_point now)
{
    auto told = std::string(printer::name_of(state.now));
    if (!state.reason.empty()) told += ": " + state.reason;
    if (told != phase_) take("// ", told, now);
    phase_ = std::move(told);
    auto wants = state.wants ? state.wants->text : std::string();
    if (wants != wants_) take("// asks: ", wants, now);
    wants_ = std::move(wants);
}

printer::console_page console_memory::page(std::uint64_t after, std::size_t most) const
{
    printer::console_page page;
    page.newest = newest_;
    const auto newer = static_cast<std::size_t>(
        std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) { return line.number > after; }));
    const auto count = std::min(newer, most);
    page.lines.assign(lines_.end() - static_cast<std::ptrdiff_t>(count), lines_.end());
    page.missed = newest_ > after && newest_ - after > count;
    return page;
}

} // namespace layerline::agent
