// Cuts a file's bytes into lines, in any slicing, within bounded memory: LF, CR LF and lone CR end a line, a
// byte order mark is skipped, the last line needs no end, and a line over 64 KiB is skipped and reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::gcode {

inline constexpr std::size_t max_line_bytes = 64UL * 1024;

struct raw_line {
    std::string_view text;        // without its line end; valid until the next call of push()
    std::uint64_t end_offset = 0; // of the file: where the next line begins
    std::uint64_t number = 0;     // 1 is the first line
    bool too_long = false;        // text is empty then
    bool only_comment = false;    // of one that is too long: nothing of it would be sent
};

class line_splitter {
public:
    line_splitter() = default;
    // For the bytes from `offset` on, where the line behind line `number` begins.
    line_splitter(std::uint64_t offset, std::uint64_t number)
        : offset_(offset), number_(number), at_start_(offset == 0)
    {
    }

    // Adds bytes. Take every line with next() before the next push(): what is held stays under 64 KiB and one
    // push then.
    void push(std::string_view bytes);
    // No more bytes will come; a last line without an end may now be taken.
    void finish() { finished_ = true; }
    std::optional<raw_line> next();

private:
    bool begins_comment() const;
    std::optional<raw_line> cut(std::size_t length, std::size_t ending);

    std::string held_;
    std::size_t begin_ = 0; // of the line being read, in held_
    std::size_t scan_ = 0;  // how far held_ was looked through
    std::uint64_t offset_ = 0, number_ = 0;
    bool at_start_ = true, skipping_ = false, finished_ = false;
    bool comment_ = false; // of the line that is being skipped
};

} // namespace layerline::gcode
