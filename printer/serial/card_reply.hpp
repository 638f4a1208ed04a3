// What firmware says of the printer's own card: its files, and the print that it makes of one by itself.
// Pure; takes any line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::printer::serial::card_reply {

struct position { // of lines read, which runs ahead of the print
    std::uint64_t done = 0, size = 0;
};
struct not_printing {};
struct paused {}; // in firmware that says so
struct opened {
    std::string name;
    std::optional<std::uint64_t> size;
};
struct current { // the file that is being printed
    std::string name;
};
struct not_opened {}; // no such file, or no card
struct selected {};
struct ended {};       // "Done printing file"
struct list_begins {}; // then entries
struct list_ends {};
struct started_there {}; // M24 that the printer gave itself
using any = std::variant<position, not_printing, paused, opened, current, not_opened, selected, ended,
                         list_begins, list_ends, started_there>;

// Nothing for a line that is not about the card.
std::optional<any> parse(std::string_view line);

struct entry {
    std::string path; // as M23 takes it: "SUB/LONGNA~1.GCO"
    std::string name; // the long one where it is told, else as above
    std::optional<std::uint64_t> bytes;
    bool operator==(const entry&) const = default;
};
// A line between the list's beginning and its end; nothing for one that names no file: a file's name has a
// dot in its last part, so that no answer ("ok 12", "wait") is taken for one.
std::optional<entry> parse_entry(std::string_view line);

} // namespace layerline::printer::serial::card_reply
