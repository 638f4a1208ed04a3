// One command of a G-code line as Marlin reads it: letter, code, parameters in upper case, text up to a '*'.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

class command {
public:
    // Reads a line; its number and checksum, if any, are skipped.
    explicit command(std::string_view line);

    // 'G', 'M' or 'T', or '?' for everything else.
    char letter() const { return letter_; }
    int code() const { return code_; }
    int subcode() const { return subcode_; }
    // "G1 X5", without number, checksum and trailing spaces.
    const std::string& text() const { return text_; }
    // What follows the code, leading spaces removed: the message of M117, M118, M0.
    std::string_view argument() const;

    bool seen(char parameter) const;
    // The number after the parameter's letter; empty when the letter is not there or has no number.
    // No exponent ('E' is an axis); limited to ±1e9.
    std::optional<double> value(char parameter) const;
    bool is(char letter, int code) const { return letter == letter_ && code == code_; }

private:
    std::optional<std::size_t> find(char parameter) const;

    std::string text_;
    std::size_t argument_at_ = 0;
    char letter_ = '?';
    int code_ = 0;
    int subcode_ = 0;
};

// The line as a file wrote it: without "N12 " before and "*34" after (only of a numbered line).
std::string_view without_number(std::string_view line);

// The number at the start of a text: sign, digits, point, digits. Empty if there is none.
std::optional<double> leading_number(std::string_view text);

} // namespace layerline::printer::virtual_printer
