// Whether a print goes on whose print host died: a pure table of what must hold, and what is said where it
// does not. The print host goes on by itself only on the same open port, with board, file, place and
// temperatures proven unchanged, and within 3 s (docs/safety.md, rule 4).
#pragma once

#include "printer/printer_state.hpp"
#include "printer/serial/resume_point.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace layerline::printer::serial {

struct takeover_facts {
    bool same_port = false;    // the descriptor was kept open, so that nothing can have reset the board
    bool same_printer = false; // it gives the name, machine and UUID that are known
    std::optional<resume_point>
        point; // of the last line that the firmware took; none: it is none of this print
    print_wish wish = print_wish::go_on;
    std::string file_trouble;           // why the file cannot be gone on with; empty: it is the very same
    std::chrono::milliseconds still{0}; // the longest that the head can have stood still
    bool waits_for_user = false;        // the firmware itself does
    bool position_told = false;
    head_position at;                  // M114, behind all lines that the firmware took
    std::vector<heater_state> heaters; // as the firmware told them since
    unsigned deaths_here = 0;          // of print hosts at this very place of the file, this one not counted
};

enum class takeover : std::uint8_t {
    go_on,  // by itself
    ask,    // a person looks and says whether
    give_up // the print is lost
};
struct takeover_verdict {
    takeover what = takeover::give_up;
    std::string why; // part of a sentence; empty for go_on
};

inline constexpr std::chrono::milliseconds longest_still{3000};
inline constexpr unsigned most_deaths_here = 3;
inline constexpr double cooled_by_c = 15, moved_by_mm = 0.05;

takeover_verdict judge_takeover(const takeover_facts& facts);

// "line 1234 of the file, layer 12, 2.4 mm high"; empty when nothing was printed.
std::string place_text(std::uint64_t line, std::optional<int> layer, std::optional<double> z_mm);

} // namespace layerline::printer::serial
