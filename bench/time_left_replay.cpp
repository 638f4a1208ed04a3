// What would have been told as the time left at given moments of a print whose course is known: the code that
// the print host and the Moonraker link run, fed with a G-code file and a list of marks.
//   layerline-bench-time-left FILE < MARKS
// MARKS: lines "SECONDS BYTES": the print had run so long when the lines up to this byte of the file had been
// taken. Prints one line a mark: "SECONDS LEFT", both in seconds, "-" where nothing could be said.
#include "gcode/time_profile.hpp"
#include "printer/time_left.hpp"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

namespace {

using namespace layerline;

int replay(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        std::cerr << file << " cannot be read\n";
        return 1;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    gcode::time_profiler profiler;
    profiler.push(text);
    const auto profile = profiler.finish();

    printer::time_left left;
    std::optional<double> first_move;
    double elapsed = 0;
    std::uint64_t bytes = 0;
    while (std::cin >> elapsed >> bytes) {
        const double done = profile.seconds_at(bytes);
        if (done > 0 && !first_move) first_move = elapsed;
        printer::print_progress known;
        known.elapsed_s = elapsed;
        known.done_s = done;
        known.whole_s = profile.seconds;
        known.slicer_whole_s = profile.slicer_seconds;
        known.slicer_left_s = profile.slicer_left_at(bytes);
        known.byte_share = static_cast<double>(bytes) / static_cast<double>(text.size());
        if (first_move) known.moving_s = elapsed - *first_move;
        const auto told = left.update(known);
        std::cout << elapsed << ' ' << (told ? std::to_string(*told) : "-") << '\n';
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
