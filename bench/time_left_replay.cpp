// What would have been told as the time left at given moments of a print whose course is known: the code that
// the print host and the Moonraker link run, fed with a G-code file and a list of marks.
//   layerline-bench-time-left FILE < MARKS
// MARKS: lines "SECONDS BYTES": the print had run so long when the lines up to this byte of the file had been
// taken. Prints one line a mark: "SECONDS SERIAL KLIPPER", seconds left, "-" where nothing could be said.
#include "gcode/line.hpp"
#include "gcode/line_splitter.hpp"
#include "gcode/metadata.hpp"
#include "gcode/modal_state.hpp"
#include "gcode/move_time.hpp"
#include "printer/time_left.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace layerline;

constexpr std::size_t facts_bytes = 64UL * 1024; // of the head and of the tail, as a link reads them

// What is known of the file after each of its lines.
struct passed {
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::optional<double> slicer_left_s, m73_share;
};

std::vector<passed> read_lines(const std::string& text)
{
    std::vector<passed> lines;
    gcode::line_splitter splitter;
    gcode::modal_state place;
    gcode::move_timer timer;
    passed now;
    const auto take = [&] {
        while (const auto raw = splitter.next()) {
            const gcode::parsed_line parsed = gcode::parse_line(raw->text);
            if (const auto moved = place.apply(parsed))
                now.seconds += timer.add(*moved);
            else if (parsed.letter == 'G' && (parsed.number == 28 || parsed.number == 29))
                timer.stood_still();
            now.seconds += gcode::dwell_seconds(parsed);
            if (parsed.is('M', 73)) {
                if (const auto left = parsed.value('R')) now.slicer_left_s = *left * 60;
                if (const auto share = parsed.value('P')) now.m73_share = *share / 100;
            }
            now.bytes = raw->end_offset;
            lines.push_back(now);
        }
    };
    constexpr std::size_t piece = 32UL * 1024;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        splitter.push(std::string_view(text).substr(at, piece));
        take();
    }
    splitter.finish();
    take();
    return lines;
}

std::string said(const std::optional<double>& seconds)
{
    return seconds ? std::to_string(*seconds) : "-";
}

int replay(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        std::cerr << file << " cannot be read\n";
        return 1;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto lines = read_lines(text);
    if (lines.empty()) {
        std::cerr << file << " is empty\n";
        return 1;
    }
    gcode::file_facts facts;
    gcode::read_facts(std::string_view(text).substr(0, facts_bytes), facts);
    gcode::read_facts(std::string_view(text).substr(text.size() - std::min(text.size(), facts_bytes)), facts);

    printer::time_left serial, klipper;
    std::optional<double> first_move;
    double elapsed = 0;
    std::uint64_t bytes = 0;
    while (std::cin >> elapsed >> bytes) {
        auto after = std::upper_bound(lines.begin(), lines.end(), bytes,
                                      [](std::uint64_t at, const passed& line) { return at < line.bytes; });
        const passed known = after == lines.begin() ? passed{} : *std::prev(after);
        if (known.seconds > 0 && !first_move) first_move = elapsed;

        printer::print_progress host;
        host.elapsed_s = elapsed;
        if (first_move) host.moving_s = elapsed - *first_move;
        host.done_s = known.seconds;
        host.whole_s = lines.back().seconds;
        host.slicer_whole_s = facts.seconds;
        host.slicer_left_s = known.slicer_left_s;
        host.byte_share = static_cast<double>(known.bytes) / static_cast<double>(text.size());

        printer::print_progress link;
        link.elapsed_s = elapsed;
        link.moving_s = elapsed;
        link.slicer_whole_s = facts.seconds;
        link.byte_share = known.m73_share ? known.m73_share : host.byte_share;

        const auto by_host = serial.update(host), by_link = klipper.update(link);
        std::cout << elapsed << ' ' << said(by_host) << ' ' << said(by_link) << '\n';
    }
    return 0;
}

} // namespace

int main(int count, char** words)
{
    if (count != 2) {
        std::fputs("usage: layerline-bench-time-left FILE < MARKS\n", stderr);
        return 2;
    }
    return replay(words[1]);
}
