#include "printer/serial/job_reader.hpp"

#include "gcode/line_splitter.hpp"
#include "gcode/line_timer.hpp"
#include "gcode/metadata.hpp"
#include "printer/serial/line_queue.hpp"
#include "printer/serial/mailbox.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <condition_variable>
#include <fcntl.h>
#include <limits>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

std::size_t cost_of(const prepared_line& line)
{
    return sizeof line + (line.text.capacity() > 15 ? line.text.capacity() + 17 : 0) +
           (line.note.capacity() > 15 ? line.note.capacity() + 17 : 0);
}

class disk_bytes final : public file_bytes {
public:
    explicit disk_bytes(owned_fd file) : file_(std::move(file)) {}
    ssize_t read_at(char* into, std::size_t most, std::uint64_t offset) override
    {
        return ::pread(file_.get(), into, most, static_cast<off_t>(offset));
    }
    file_identity identity() override
    {
        struct stat about {};
        if (::fstat(file_.get(), &about) != 0) return {};
        return {about.st_dev, about.st_ino, static_cast<std::uint64_t>(about.st_size),
                about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec};
    }

private:
    owned_fd file_;
};

// Whether M114 tells the same place as the file does: after moves, not after what homes, measures, changes
// tools or shifts the origin.
std::uint8_t still_placed(std::uint8_t placed, const gcode::parsed_line& line, const gcode::modes& in_force)
{
    if (line.letter == 'T') return 0;
    if (line.letter != 'G') return placed;
    if (line.number >= 0 && line.number <= 3) {
        if (!in_force.absolute) return placed;
        for (unsigned axis = 0; axis < 3; ++axis)
            if (line.find(static_cast<char>('X' + axis))) placed |= static_cast<std::uint8_t>(1U << axis);
        return placed;
    }
    constexpr std::array harmless{4, 10, 11, 17, 20, 21, 90, 91, 92};
    const bool is_harmless = std::find(harmless.begin(), harmless.end(), line.number) != harmless.end();
    return is_harmless && line.subcode == 0 ? placed : std::uint8_t{0};
}

} // namespace

std::unique_ptr<file_bytes> bytes_of(owned_fd file)
{
    return std::make_unique<disk_bytes>(std::move(file));
}

struct job_reader::impl {
    impl(std::unique_ptr<file_bytes> opened, reader_settings given)
        : file(std::move(opened)), settings(std::move(given))
    {
        if (!settings.from) return;
        const resume_point& from = *settings.from;
        begin = from.offset;
        splitter = gcode::line_splitter(from.offset, from.line);
        timer = gcode::line_timer(gcode::modal_state(from.modes, from.axes, from.e_mm), from.seconds,
                                  from.slicer_left_s);
        layers = gcode::layer_tracker(from.layer, from.axes[2], from.layers_by_comments);
        taken_s = from.seconds;
        placed = from.placed;
    }

    // --- of the reader's thread alone
    const std::unique_ptr<file_bytes> file;
    const reader_settings settings;
    gcode::line_splitter splitter;
    gcode::line_timer timer;
    gcode::layer_tracker layers;
    std::uint64_t begin = 0;
    std::uint8_t placed = 0;

    // --- of the reader and of whoever takes lines, who never waits
    line_queue queue;
    std::atomic<std::size_t> held{0};
    std::atomic<double> taken_s{0}; // seconds at the last line taken
    std::atomic<double> read_s{0};
    std::atomic<std::uint64_t> read_bytes{0};
    std::atomic<double> whole_s{std::numeric_limits<double>::quiet_NaN()}; // of the measurer; NaN: not yet
    std::atomic<bool> stopping{false}, ended{false}, broken{false}, starving{false}, sleeping{false};
    wake_fd room;       // wakes the reader
    std::string failed; // before `broken`
    job_facts facts;    // before `filled`

    // --- of the reader and of whoever waits for the first lines
    std::mutex guard;
    std::condition_variable ready;
    bool filled = false;
    std::string first_refusal;

    std::thread thread, measurer; // last: they use all above

    void run();
    void measure();
    void learn_facts();
    prepared_line prepare(const gcode::raw_line& raw);
    bool hand_over(prepared_line line); // false: stop
    void fail(std::string why);
    void is_filled();
    void sleep();
    bool hungry() const
    {
        return queue.empty() || (held.load() < settings.most_bytes - settings.most_bytes / 5 &&
                                 read_s.load() - taken_s.load() < settings.ahead_s);
    }
    // Lines came, or the end of them, for whoever was told `later`.
    void feed()
    {
        if (starving.exchange(false) && settings.more) settings.more();
    }
};

void job_reader::impl::is_filled()
{
    {
        const std::lock_guard lock(guard);
        filled = true;
    }
    ready.notify_all();
}

void job_reader::impl::fail(std::string why)
{
    failed = std::move(why);
    broken = true;
    is_filled();
    feed();
}

// Until there is room again. Said before it is looked: whoever takes a line after that look sees it said.
void job_reader::impl::sleep()
{
    sleeping = true;
    while (!stopping && !hungry()) {
        pollfd wait{room.get(), POLLIN, 0};
        ::poll(&wait, 1, -1);
        room.taken();
    }
    sleeping = false;
}

void job_reader::impl::learn_facts()
{
    job_facts found;
    found.file = file->identity();
    found.size_bytes = found.file.size;
    constexpr std::size_t piece = 64UL * 1024;
    std::string text(piece, '\0');
    gcode::file_facts comments;
    for (const std::uint64_t at :
         {std::uint64_t{0}, found.size_bytes > piece ? found.size_bytes - piece : 0}) {
        const ssize_t got = file->read_at(text.data(), piece, at);
        if (got > 0)
            gcode::read_facts(std::string_view(text).substr(0, static_cast<std::size_t>(got)), comments);
    }
    found.seconds = comments.seconds;
    found.layers = comments.layers;
    found.one_by_one = comments.one_by_one;
    facts = found;
}

prepared_line job_reader::impl::prepare(const gcode::raw_line& raw)
{
    prepared_line line;
    line.number = raw.number;
    line.end_offset = raw.end_offset;
    if (raw.too_long && !raw.only_comment) {
        line.use = line_use::refuse;
        line.note = "it is longer than 64 KiB";
    } else if (!raw.too_long) {
        const gcode::parsed_line parsed = gcode::parse_line(raw.text);
        layers.on_comment(parsed.comment);
        line_verdict verdict = judge_line(parsed, settings.max_text, settings.limits);
        line.use = verdict.use;
        line.text = std::move(verdict.text);
        line.note = std::move(verdict.note);
        line.wait = verdict.wait;
        placed = still_placed(placed, parsed, timer.state().now());
        const gcode::timed_line timed = timer.take(parsed);
        if (timed.moved) layers.on_move(*timed.moved, timer.state().z());
        line.moves = timed.moved || timed.homes;
    }
    const gcode::modal_state& modal = timer.state();
    line.seconds = timer.seconds();
    line.layer = layers.layer();
    line.z_mm = modal.z();
    line.slicer_left_s = timer.slicer_left_s();
    line.after = modal.now();
    line.axes = modal.axes();
    line.e_mm = modal.e();
    line.placed = placed;
    line.layers_by_comments = layers.by_comments();
    return line;
}

bool job_reader::impl::hand_over(prepared_line line)
{
    // Fills to a fifth more than wanted and sleeps until that is gone, to work in strides.
    if (!queue.empty() && (held >= settings.most_bytes || read_s - taken_s >= settings.ahead_s * 1.2)) {
        is_filled();
        sleep();
    }
    if (stopping) return false;
    if (line.use == line_use::refuse && first_refusal.empty()) {
        const std::lock_guard lock(guard);
        first_refusal =
            "line " + std::to_string(line.number) + " of the file cannot be printed: " + line.note;
    }
    read_s = line.seconds;
    read_bytes = line.end_offset;
    const std::size_t cost = cost_of(line);
    held += cost;
    queue.put(std::move(line), cost);
    feed();
    return true;
}

// Looks through the whole file once for the time of its moves, beside the one that prepares lines and behind
// everything else that wants the processor.
void job_reader::impl::measure()
{
    ::pthread_setname_np(::pthread_self(), "measurer");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
    gcode::line_splitter lines;
    gcode::line_timer timed;
    std::array<char, 32UL * 1024> buffer{};
    std::uint64_t at = 0;
    for (;;) {
        if (stopping) return;
        const ssize_t got = file->read_at(buffer.data(), buffer.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return; // whoever prints it will say so
        if (got == 0) lines.finish();
        at += static_cast<std::uint64_t>(got);
        lines.push({buffer.data(), static_cast<std::size_t>(got)});
        while (const auto raw = lines.next())
            if (!raw->too_long) timed.take(gcode::parse_line(raw->text));
        if (got == 0) break;
    }
    whole_s = timed.seconds();
}

void job_reader::impl::run()
{
    ::pthread_setname_np(::pthread_self(), "reader");
    learn_facts();
    std::array<char, 32UL * 1024> buffer{};
    std::uint64_t total = begin;
    for (bool more = true; more;) {
        if (stopping) return; // a file without lines hands nothing over, and may be huge
        const ssize_t got = file->read_at(buffer.data(), buffer.size(), total);
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail("the file could not be read at byte " + std::to_string(total) + ": " +
                        std::generic_category().message(errno));
        }
        if (got == 0) {
            if (total < facts.size_bytes) return fail("the file became shorter while it was being printed");
            splitter.finish();
            more = false;
        }
        total += static_cast<std::uint64_t>(got);
        splitter.push({buffer.data(), static_cast<std::size_t>(got)});
        while (const auto raw = splitter.next()) {
            prepared_line line = prepare(*raw);
            // Comments and blank lines only move the offset on; the next line carries it.
            if (line.use == line_use::skip && line.note.empty()) continue;
            if (!hand_over(std::move(line))) return;
        }
    }
    read_s = timer.seconds();
    read_bytes = total;
    ended = true;
    is_filled();
    feed();
}

job_reader::job_reader(std::unique_ptr<file_bytes> file, reader_settings settings)
    : impl_(std::make_unique<impl>(std::move(file), std::move(settings)))
{
    impl_->thread = std::thread([self = impl_.get()] { self->run(); });
    impl_->measurer = std::thread([self = impl_.get()] { self->measure(); });
}

job_reader::~job_reader()
{
    impl_->stopping = true;
    impl_->room.wake();
    impl_->thread.join();
    impl_->measurer.join();
}

printer_result<void> job_reader::wait_ready(std::chrono::milliseconds patience)
{
    std::unique_lock lock(impl_->guard);
    if (!impl_->ready.wait_for(lock, patience, [&] { return impl_->filled; }))
        return printer_failure{printer_errc::host_failure, "the file could not be read in time"};
    if (impl_->broken) return printer_failure{printer_errc::host_failure, impl_->failed};
    if (!impl_->first_refusal.empty()) return printer_failure{printer_errc::refused, impl_->first_refusal};
    if (impl_->ended && impl_->queue.empty() && !impl_->settings.from)
        return printer_failure{printer_errc::refused, "there is nothing to print in this file"};
    return {};
}

line_source::status job_reader::next(prepared_line& into)
{
    impl& me = *impl_;
    std::size_t cost = me.queue.take(into);
    if (cost == 0) {
        // Said before it is looked again: what the reader puts after that look is told.
        me.starving = true;
        const bool broken = me.broken, ended = me.ended;
        cost = me.queue.take(into);
        if (cost == 0) return broken ? status::failed : ended ? status::end : status::later;
        me.starving = false;
    }
    me.held -= cost;
    me.taken_s = into.seconds;
    if (me.sleeping && me.hungry()) me.room.wake();
    return status::line;
}

std::string job_reader::failure() const
{
    return impl_->broken ? impl_->failed : std::string();
}

read_so_far job_reader::progress() const
{
    // What is complete first: the numbers that belong to it were there before.
    read_so_far all{.complete = impl_->ended};
    all.seconds = impl_->read_s;
    all.bytes = impl_->read_bytes;
    if (const double whole = impl_->whole_s; !std::isnan(whole)) all.whole_seconds = whole;
    return all;
}

const job_facts& job_reader::facts() const
{
    return impl_->facts; // written once, before wait_ready() returns
}

std::size_t job_reader::held_bytes() const
{
    return impl_->held;
}

} // namespace layerline::printer::serial
