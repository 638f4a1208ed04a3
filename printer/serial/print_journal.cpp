#include "printer/serial/print_journal.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

namespace layerline::printer::serial {
namespace {

// --- the layout: fixed widths, no padding; a journal is read on the machine that wrote it

constexpr std::uint64_t magic = 0x314c4e524a4c4cULL; // changes with the layout
constexpr unsigned sequence_bits = 48;
constexpr std::uint64_t sequence_mask = (1ULL << sequence_bits) - 1;

struct stored_header {
    std::uint64_t magic;
    std::uint64_t newest; // epoch above, sequence of the newest record below; sequence 0: no print
    std::uint64_t next_number;
    std::int64_t beat_ns;
    std::uint64_t wish;
};
struct stored_job {
    std::uint64_t epoch;
    std::uint64_t device, inode, size;
    std::int64_t changed_ns;
    std::uint64_t taken_over_at;
    std::uint64_t taken_over;
    char id[32], boot[64], path[1032];
    std::uint64_t checksum;
};
// Unknown numbers are NaN.
struct stored_record {
    std::uint64_t epoch, sequence, number;
    std::uint64_t offset, line, lines_acknowledged, resends;
    double x, y, z, e, seconds, slicer_left, elapsed, feed, mode_fan, wait_celsius;
    double fan, speed, flow;
    float targets[resume_point::most_heaters], actuals[resume_point::most_heaters];
    std::int32_t layer; // -1: none
    std::int32_t wait_tool;
    std::int32_t tool;
    std::uint8_t at, placed, homed, flags;
    std::uint8_t wait_heater, wait_flags, unused[6];
    std::uint64_t checksum;
};
static_assert(sizeof(stored_header) == 40);
static_assert(sizeof(stored_job) == 56 + 32 + 64 + 1032 + 8);
static_assert(sizeof(stored_record) == 56 + 13 * 8 + 64 + 12 + 4 + 8 + 8);

enum : std::uint8_t { absolute = 1, absolute_e = 2, inches = 4, moved = 8, by_comments = 16 };
enum : std::uint8_t { cooling_too = 1 };

constexpr std::size_t jobs_at = sizeof(stored_header);
constexpr std::size_t records_at = jobs_at + 2 * sizeof(stored_job);

// FNV-1a: against torn and stray writes, not against anybody.
template <class T>
std::uint64_t checksum_of(const T& stored)
{
    unsigned char bytes[sizeof(T) - sizeof(std::uint64_t)];
    std::memcpy(bytes, &stored, sizeof bytes);
    std::uint64_t sum = 0xcbf29ce484222325ULL;
    for (const unsigned char byte : bytes)
        sum = (sum ^ byte) * 0x100000001b3ULL;
    return sum;
}

// What a killed process leaves behind it is in the order of these stores.
void store(std::byte* at, std::uint64_t value)
{
    std::atomic_signal_fence(std::memory_order_release);
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(at)).store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_release);
}

std::uint64_t load(const std::byte* at)
{
    return std::atomic_ref(*const_cast<std::uint64_t*>(reinterpret_cast<const std::uint64_t*>(at)))
        .load(std::memory_order_acquire);
}

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double or_unknown(const std::optional<double>& value)
{
    return value && std::isfinite(*value) ? *value : unknown;
}
template <class Number>
std::optional<double> known(Number value)
{
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}
double or_zero(double value)
{
    return std::isfinite(value) ? value : 0;
}

template <std::size_t N>
void put_text(char (&into)[N], const std::string& text)
{
    std::memset(into, 0, N);
    std::memcpy(into, text.data(), std::min(text.size(), N - 1));
}
template <std::size_t N>
std::string text_of(const char (&from)[N])
{
    return {from, ::strnlen(from, N - 1)};
}

stored_job pack(std::uint64_t epoch, const journal_job& job)
{
    stored_job block{};
    std::memset(&block, 0, sizeof block);
    block.epoch = epoch;
    block.device = job.file.device, block.inode = job.file.inode, block.size = job.file.size;
    block.changed_ns = job.file.changed_ns;
    block.taken_over_at = job.taken_over_at, block.taken_over = job.taken_over;
    put_text(block.id, job.id);
    put_text(block.boot, job.boot);
    put_text(block.path, job.path);
    block.checksum = checksum_of(block);
    return block;
}

journal_job unpack(const stored_job& block)
{
    return {.id = text_of(block.id),
            .path = text_of(block.path),
            .boot = text_of(block.boot),
            .file = {block.device, block.inode, block.size, block.changed_ns},
            .taken_over_at = block.taken_over_at,
            .taken_over = static_cast<std::uint32_t>(std::min<std::uint64_t>(block.taken_over, 1000))};
}

stored_record pack(std::uint64_t epoch, std::uint64_t sequence, std::uint64_t number, const resume_point& p)
{
    stored_record r{};
    std::memset(&r, 0, sizeof r);
    r.epoch = epoch, r.sequence = sequence, r.number = number;
    r.offset = p.offset, r.line = p.line;
    r.lines_acknowledged = p.lines_acknowledged, r.resends = p.resends;
    r.x = or_unknown(p.axes[0]), r.y = or_unknown(p.axes[1]), r.z = or_unknown(p.axes[2]), r.e = p.e_mm;
    r.seconds = p.seconds, r.slicer_left = or_unknown(p.slicer_left_s), r.elapsed = p.elapsed_s;
    r.feed = p.modes.feed_mm_min, r.mode_fan = p.modes.fan, r.wait_celsius = or_unknown(p.wait.celsius);
    r.fan = or_unknown(p.fan), r.speed = or_unknown(p.speed_factor), r.flow = or_unknown(p.flow_factor);
    for (std::size_t i = 0; i < resume_point::most_heaters; ++i) {
        r.targets[i] = static_cast<float>(or_unknown(p.heaters[i].target_c));
        r.actuals[i] = static_cast<float>(or_unknown(p.heaters[i].actual_c));
    }
    r.layer = p.layer.value_or(-1);
    r.wait_tool = p.wait.tool, r.tool = p.modes.tool;
    r.at = static_cast<std::uint8_t>(p.at), r.placed = p.placed, r.homed = p.homed;
    r.flags = static_cast<std::uint8_t>(
        (p.modes.absolute ? absolute : 0) | (p.modes.absolute_e ? absolute_e : 0) |
        (p.modes.inches ? inches : 0) | (p.moved ? moved : 0) | (p.layers_by_comments ? by_comments : 0));
    r.wait_heater = static_cast<std::uint8_t>(p.wait.heater);
    r.wait_flags = static_cast<std::uint8_t>(p.wait.cooling_too ? cooling_too : 0);
    r.checksum = checksum_of(r);
    return r;
}

// The checksum says that somebody wrote it so, not that it makes sense.
std::optional<resume_point> unpack(const stored_record& r)
{
    const bool sane = r.at <= static_cast<std::uint8_t>(print_step::finishing) &&
                      r.wait_heater <= static_cast<std::uint8_t>(heater_kind::chamber) && r.tool >= 0 &&
                      r.tool < gcode::max_tools && r.wait_tool >= -1 && r.wait_tool < gcode::max_tools &&
                      r.layer >= -1;
    if (!sane) return std::nullopt;
    resume_point p;
    p.at = static_cast<print_step>(r.at);
    p.offset = r.offset, p.line = r.line;
    p.lines_acknowledged = r.lines_acknowledged, p.resends = r.resends;
    p.axes = {known(r.x), known(r.y), known(r.z)};
    p.e_mm = or_zero(r.e);
    p.seconds = or_zero(r.seconds), p.slicer_left_s = known(r.slicer_left), p.elapsed_s = or_zero(r.elapsed);
    p.modes.feed_mm_min = or_zero(r.feed), p.modes.fan = or_zero(r.mode_fan), p.modes.tool = r.tool;
    p.modes.absolute = (r.flags & absolute) != 0, p.modes.absolute_e = (r.flags & absolute_e) != 0;
    p.modes.inches = (r.flags & inches) != 0;
    p.moved = (r.flags & moved) != 0, p.layers_by_comments = (r.flags & by_comments) != 0;
    p.wait = {static_cast<heater_kind>(r.wait_heater), r.wait_tool, known(r.wait_celsius),
              (r.wait_flags & cooling_too) != 0};
    p.fan = known(r.fan), p.speed_factor = known(r.speed), p.flow_factor = known(r.flow);
    for (std::size_t i = 0; i < resume_point::most_heaters; ++i)
        p.heaters[i] = {known(r.targets[i]), known(r.actuals[i])};
    if (r.layer >= 0) p.layer = r.layer;
    p.placed = r.placed & 7U, p.homed = r.homed & 7U;
    return p;
}

} // namespace

std::size_t journal_writer::image_size()
{
    return records_at + records * sizeof(stored_record);
}

journal_writer::journal_writer(std::span<std::byte> image) : image_(image)
{
    const bool ours = load(image_.data() + offsetof(stored_header, magic)) == magic;
    if (!ours) {
        std::memset(image_.data(), 0, image_.size());
        store(image_.data() + offsetof(stored_header, magic), magic);
        return;
    }
    const auto newest = load(image_.data() + offsetof(stored_header, newest));
    epoch_ = newest >> sequence_bits;
    sequence_ = newest & sequence_mask;
}

void journal_writer::put(std::uint64_t epoch, std::uint64_t sequence, std::uint64_t number,
                         const resume_point& point)
{
    const stored_record record = pack(epoch, sequence, number, point);
    std::memcpy(image_.data() + records_at + sequence % records * sizeof record, &record, sizeof record);
}

void journal_writer::begin(const journal_job& job, std::uint64_t number, const resume_point& point)
{
    epoch_ = (epoch_ + 1) & 0xffffU;
    sequence_ = std::max<std::uint64_t>((sequence_ + 1) & sequence_mask, 1);
    const stored_job block = pack(epoch_, job);
    std::memcpy(image_.data() + jobs_at + epoch_ % 2 * sizeof block, &block, sizeof block);
    put(epoch_, sequence_, number, point);
    // Until this store the former job stands, from it on the new one.
    store(image_.data() + offsetof(stored_header, newest), epoch_ << sequence_bits | sequence_);
}

void journal_writer::sent(std::uint64_t number, const resume_point& point)
{
    if (sequence_ == 0) return; // no print
    sequence_ = std::max<std::uint64_t>((sequence_ + 1) & sequence_mask, 1);
    put(epoch_, sequence_, number, point);
    store(image_.data() + offsetof(stored_header, newest), epoch_ << sequence_bits | sequence_);
}

void journal_writer::next_number(std::uint64_t number)
{
    store(image_.data() + offsetof(stored_header, next_number), number);
}

void journal_writer::beat(std::int64_t now_ns)
{
    store(image_.data() + offsetof(stored_header, beat_ns), static_cast<std::uint64_t>(now_ns));
}

void journal_writer::wish(print_wish what)
{
    store(image_.data() + offsetof(stored_header, wish), static_cast<std::uint64_t>(what));
}

void journal_writer::end()
{
    sequence_ = 0;
    store(image_.data() + offsetof(stored_header, newest), epoch_ << sequence_bits);
}

std::optional<journal_reading> read_journal(std::span<const std::byte> image)
{
    if (image.size() < journal_writer::image_size()) return std::nullopt;
    stored_header header{};
    std::memcpy(&header, image.data(), sizeof header);
    const std::uint64_t epoch = header.newest >> sequence_bits, newest = header.newest & sequence_mask;
    if (header.magic != magic || newest == 0) return std::nullopt;
    stored_job job{};
    std::memcpy(&job, image.data() + jobs_at + epoch % 2 * sizeof job, sizeof job);
    if (job.epoch != epoch || job.checksum != checksum_of(job)) return std::nullopt;
    journal_reading reading;
    reading.job = unpack(job);
    reading.next_number = header.next_number;
    reading.beat_ns = header.beat_ns;
    // What is no wish that we know is nobody's leave to go on.
    reading.wish = header.wish <= static_cast<std::uint64_t>(print_wish::cancel)
                       ? static_cast<print_wish>(header.wish)
                       : print_wish::hold;
    // From the newest back, for as long as each is whole and of this print: behind a damaged one nothing
    // can be known.
    for (std::uint64_t back = 0; back < journal_writer::records && back < newest; ++back) {
        const std::uint64_t sequence = newest - back;
        stored_record record{};
        std::memcpy(&record, image.data() + records_at + sequence % journal_writer::records * sizeof record,
                    sizeof record);
        if (record.sequence != sequence || record.epoch != epoch || record.checksum != checksum_of(record))
            break;
        auto point = unpack(record);
        if (!point) break;
        reading.entries.push_back({sequence, record.number, *point});
    }
    if (reading.entries.empty()) return std::nullopt;
    std::reverse(reading.entries.begin(), reading.entries.end());
    return reading;
}

std::string pack_progress(const journal_job& job, const journal_entry& entry)
{
    const stored_job block = pack(0, job);
    const stored_record record = pack(0, entry.sequence, entry.number, entry.point);
    std::string page(sizeof magic + sizeof block + sizeof record, '\0');
    std::memcpy(page.data(), &magic, sizeof magic);
    std::memcpy(page.data() + sizeof magic, &block, sizeof block);
    std::memcpy(page.data() + sizeof magic + sizeof block, &record, sizeof record);
    return page;
}

std::optional<kept_progress> read_progress(std::span<const std::byte> bytes)
{
    std::uint64_t mark = 0;
    stored_job block{};
    stored_record record{};
    if (bytes.size() < sizeof mark + sizeof block + sizeof record) return std::nullopt;
    std::memcpy(&mark, bytes.data(), sizeof mark);
    std::memcpy(&block, bytes.data() + sizeof mark, sizeof block);
    std::memcpy(&record, bytes.data() + sizeof mark + sizeof block, sizeof record);
    if (mark != magic || block.checksum != checksum_of(block) || record.checksum != checksum_of(record))
        return std::nullopt;
    const auto point = unpack(record);
    if (!point) return std::nullopt;
    return kept_progress{unpack(block), {record.sequence, record.number, *point}};
}

const resume_point* find_point(const journal_reading& journal, std::uint64_t accepted)
{
    if (accepted >= journal.next_number) return nullptr; // it took lines that were not ours
    const resume_point* found = nullptr;
    std::uint64_t last = 0;
    for (const auto& entry : journal.entries) {
        if (entry.number < last) return nullptr; // numbers only grow within one count
        last = entry.number;
        if (entry.number <= accepted) found = &entry.point;
    }
    return found;
}

} // namespace layerline::printer::serial
