// A journal in memory and a page of progress from any bytes: reading never reads beyond them, and what is
// told makes sense.
#include "printer/serial/print_journal.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

using namespace layerline::printer::serial;

namespace {

void check(const resume_point& point)
{
    if (point.at > print_step::finishing || point.placed > 7 || point.homed > 7) std::abort();
    if (point.modes.tool < 0 || point.modes.tool >= layerline::gcode::max_tools) std::abort();
    if (point.layer && *point.layer < 0) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto progress = read_progress(bytes)) check(progress->entry.point);
    // A journal that was written, with what the input says laid over it: otherwise no checksum is ever right.
    std::vector<std::uint64_t> words(journal_writer::image_size() / 8 + 1);
    const auto image = std::as_writable_bytes(std::span(words)).first(journal_writer::image_size());
    journal_writer journal(image);
    journal.begin({.id = "j-1", .path = "gcode/a.gcode", .boot = {}, .file = {}}, 3, {});
    for (std::uint64_t number = 4; number < 20; ++number) {
        resume_point point;
        point.offset = number * 10;
        journal.sent(number, point);
    }
    journal.next_number(20);
    while (size >= 4) { // where, and what
        const std::size_t at = (data[0] | data[1] << 8U) % image.size();
        image[at] = static_cast<std::byte>(data[2]);
        data += 3;
        size -= 3;
    }
    const auto read = read_journal(image);
    if (!read) return 0;
    for (const auto& entry : read->entries)
        check(entry.point);
    for (std::uint64_t number = 0; number < 24; ++number)
        if (const auto* point = find_point(*read, number)) check(*point);
    return 0;
}
