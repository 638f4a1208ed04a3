// From bytes to lines, and the test of line numbers and checksums, with Marlin's rules and holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

// Puts bytes together to lines: comments and what is over the size are cut, empty lines are none.
class line_assembler {
public:
    explicit line_assembler(std::size_t max_cmd_size) : limit_(max_cmd_size - 1) {}
    // Takes one byte; a line when this byte ended one.
    std::optional<std::string> push(char c);
    void clear();

private:
    std::size_t limit_;
    std::string line_;
    bool skipping_ = false; // in a comment or over the size, until the line's end
};

struct line_verdict {
    enum class kind {
        accepted,
        repeated, // of the last or the last but one number: dropped without a word
        damaged,  // `error` says how; a resend follows
    };
    kind what;
    std::optional<std::int64_t> number; // of a numbered line
    std::string_view error;             // Marlin's text, up to where the last good number follows
};

class line_check {
public:
    // Judges one line (leading spaces removed). An accepted number becomes the last one.
    line_verdict judge(const std::string& line);
    std::int64_t last() const { return last_; }
    void set_last(std::int64_t number) { last_ = number; }

private:
    std::int64_t last_ = 0;
};

// The exclusive or of all bytes.
std::uint8_t checksum(std::string_view bytes);

constexpr std::string_view error_checksum = "checksum mismatch, Last Line: ";

} // namespace layerline::printer::virtual_printer
