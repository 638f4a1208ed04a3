// One line of G-code taken apart without allocating: comment, line number, checksum, command and words.
// Everything points into the text that was given; nothing here judges what a command does.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::gcode {

// A letter and what follows it: "X10.5" (value 10.5), "X" (no value).
struct word {
    char letter = 0; // upper case
    std::optional<double> value;
};

inline constexpr std::size_t max_words = 24; // more are counted in parsed_line::spare_words, not kept

struct parsed_line {
    std::string_view code;     // the command alone: no comment, N word, checksum or outer spaces
    std::string_view comment;  // what follows the first ';', without it
    char letter = 0;           // of the command, upper case; 0 when there is none ("X10", "START_PRINT" too)
    int number = -1;           // 0..99999
    int subcode = 0;           // 2 in G38.2
    std::string_view argument; // what follows the command, outer spaces cut off
    bool takes_text = false;   // argument is free text (M117, M118, M23...): no words are read from it
    bool odd = false;          // holds characters that belong to no word
    std::size_t word_count = 0, spare_words = 0;
    std::array<word, max_words> words;

    bool is(char command_letter, int command_number) const
    {
        return letter == command_letter && number == command_number;
    }
    // The first word of that letter, or null.
    const word* find(char wanted) const
    {
        for (std::size_t i = 0; i < word_count; ++i)
            if (words[i].letter == wanted) return &words[i];
        return nullptr;
    }
    // Its value when it has one.
    std::optional<double> value(char wanted) const
    {
        const word* found = find(wanted);
        return found ? found->value : std::nullopt;
    }
};

// Never fails: what is no G-code gives an empty letter. `line` is without its line end. An N word at the
// beginning is cut off, and the checksum only then, since texts may hold '*'. A ';' always begins a comment,
// as it does in Marlin, in free texts too.
parsed_line parse_line(std::string_view line);
// The same into one that is there already: a line's room for words, most of a kilobyte, is not filled anew.
void parse_line(std::string_view line, parsed_line& into);

// The line with its (comments in parentheses) taken out; nested ones and one without an end as well. Only for
// files whose firmware knows them: elsewhere parentheses belong to file names and messages.
std::string without_parentheses(std::string_view line);

} // namespace layerline::gcode
