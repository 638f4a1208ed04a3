// Reads a finished file back and tells where it is not what was asked for. In bounded memory; any bytes may
// come.
#pragma once

#include "workshop/finishing/expectations.hpp"
#include "workshop/finishing/finisher.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

inline constexpr std::size_t most_mismatches = 50; // told in full; more are counted

// What is wrong, by the internal code of the log's step.
enum class fault_kind : int {
    wrong_file = -2,    // anything without a code of its own
    model_off_bed = -4, // a model, or travel, outside of the room
    no_such_tool = -5,
    skirt_off_bed = -11, // skirt, brim or raft outside of the bed
};

struct mismatch {
    std::uint64_t line = 0; // of the file, from 1; 0: the file as a whole
    fault_kind kind = fault_kind::wrong_file;
    std::string text; // a sentence
};

struct check_report {
    std::uint64_t bytes = 0, lines = 0;
    std::size_t layers = 0;          // with something of a model in them
    double seconds = 0;              // own estimate
    std::vector<double> filament_mm; // by tool
    std::optional<box_mm> extruded;  // where something is printed; none: nowhere
    double fastest_mm_s = 0;         // of moves that print
    std::vector<mismatch> mismatches;
    std::uint64_t mismatch_count = 0;
    std::vector<std::string> notes; // no faults: "The uppermost 2 layers of model 1 are too thin to print."
    bool good() const { return mismatch_count == 0; }
};

class gcode_check {
public:
    // `user_lines` are finished::user_lines: whatever the owner wrote is not judged, but followed.
    gcode_check(expectations wanted, std::vector<line_run> user_lines);
    ~gcode_check();
    gcode_check(const gcode_check&) = delete;
    gcode_check& operator=(const gcode_check&) = delete;

    // Further lines of the owner's, where they are known while the file is read: before its bytes are. A run
    // that begins as the last one does takes its place.
    void owns(line_run lines);
    // Bytes of the finished file in order, in any slicing.
    void push(std::string_view bytes);
    check_report finish();

private:
    class work;
    std::unique_ptr<work> work_;
};

check_report check_text(expectations wanted, std::vector<line_run> user_lines, std::string_view gcode);

// For the slice log: {"layers","seconds","filament","extruded","mismatches":[{"line","code","message"}],…}.
nlohmann::json json_of(const check_report& report);
// 0 for a good one, else the internal code of its first mismatch: what the log's step gets.
int internal_code_of(const check_report& report);

} // namespace layerline::workshop
