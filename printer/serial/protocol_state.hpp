// The inside of protocol_machine. Its parts: protocol_machine.cpp (the way in and out), protocol_hello.cpp
// (opening, resets), protocol_rejoin.cpp (in the middle of a print), protocol_replies.cpp (what each firmware
// line does), protocol_packing.cpp, protocol_resend.cpp, protocol_timers.cpp.
#pragma once

#include "printer/serial/kept_ring.hpp"
#include "printer/serial/line_ledger.hpp"
#include "printer/serial/line_outbox.hpp"
#include "printer/serial/line_splitter.hpp"
#include "printer/serial/protocol_machine.hpp"
#include "printer/serial/reply_parser.hpp"

#include <deque>
#include <string>

namespace layerline::printer::serial {

using std::chrono::milliseconds;

struct protocol_machine::impl {
    enum class stage : std::uint8_t {
        closed,   // before opened()
        hello,    // M110 sent, waits for an ok
        identify, // M115 sent, collects its answer
        rejoin,   // in a print of a dead host: asks for the firmware and its last line
        ready,
        halted, // the firmware stopped; waits for its `start`
        lost,   // gave up, until opened()
    };

    static constexpr milliseconds keep_alive{1000}; // M113 S1: a busy line each second
    static constexpr milliseconds shortest_patience{120};
    static constexpr milliseconds settle{200};          // after hello's first ok, for its second
    static constexpr milliseconds leftover_quiet{100};  // lines that were under way when a resend was asked
    static constexpr milliseconds stuck{5 * 60 * 1000}; // talks, but acknowledges nothing
    static constexpr int most_resends = 10;             // of one line
    static constexpr int most_not_kept = 3;             // requests for one that is not kept any more
    static constexpr std::size_t most_window = 5;       // lines; more would only delay a pause
    static constexpr std::size_t most_events = 1024;
    static constexpr std::size_t most_spare = 32,
                                 usual_text = 256; // texts kept for events to come, bytes of each

    explicit impl(machine_settings s)
        : settings(s), ledger(s.history, s.max_line + 1), outbox(longest_output(s)), patience(s.lost_ok)
    {
        packed.reserve(longest_output(s));
        probe_frame.reserve(s.max_line + 1);
        spare_texts.reserve(most_spare);
        for (std::size_t at = 0; at < most_spare; ++at)
            spare_texts.emplace_back().reserve(usual_text);
        spare_lists.reserve(most_spare);
        for (std::size_t at = 0; at < 2; ++at)
            spare_lists.emplace_back().reserve(temperature_report::most_tools + 2);
    }

    static std::size_t longest_output(const machine_settings& s)
    {
        const std::size_t line = s.max_line + 1;
        return s.meatpack ? line + line / 2 + 8 : line;
    }

    // --- hello, identify, reset (protocol_hello.cpp)
    void begin_hello(time_point now);
    void forget_conversation(time_point now);
    void say_hello(time_point now);
    void hello_reply(const reply::any& what, time_point now);
    void hello_timer(time_point now);
    void begin_identify(time_point now);
    void ask_firmware(time_point now);
    void identify_progress(bool was_ok, time_point now);
    void identify_timer(time_point now);
    void finish_identify(time_point now);
    void on_reset(time_point now);
    void give_up(std::string text);

    // --- packed lines (protocol_packing.cpp)
    void ask_packing(time_point now);
    void packing_timer(time_point now);
    void packing_told(bool on, time_point now);
    void put_frame(std::string_view frame); // to the outbox, packed if need be

    // --- rejoin (protocol_rejoin.cpp)
    void begin_rejoin(std::uint64_t beyond, time_point now);
    void ask_identity(time_point now);
    void ask_number(time_point now);
    void rejoin_reply(const reply::any& what, time_point now);
    void rejoin_timer(time_point now);
    void finish_rejoin(time_point now);

    // --- replies (protocol_replies.cpp)
    void handle_line(std::string_view line, bool whole, time_point now);
    bool is_of_list(std::string_view line);
    void on_ack(const reply::ack& ack, time_point now);
    void on_plain_ok(time_point now);
    void note_latency(std::uint64_t number, time_point now);
    void accept(std::uint64_t number, time_point now);
    void on_temperature(const temperature_report& report, time_point now);
    void on_busy(bool for_user, time_point now);
    void on_halt(const reply::halt& what, time_point now);
    void on_halted();
    void tell(event what);
    std::string text_of(std::string_view words); // in memory that was given back

    // --- resends (protocol_resend.cpp)
    void on_resend(std::uint64_t number, time_point now);
    std::uint64_t meant_line(std::uint64_t asked) const;
    bool means_reset(std::uint64_t number) const;
    void hold(milliseconds quiet, time_point now);
    void release(time_point now);
    void note_clean_line();

    // --- sending (protocol_machine.cpp)
    std::size_t window() const;
    bool room_for(std::size_t bytes) const;
    void pump(time_point now);
    void transmit(time_point now);

    // --- timers (protocol_timers.cpp)
    struct timer {
        time_point at;
        void (impl::*fire)(time_point) = nullptr;
    };
    std::optional<timer> earliest() const;
    milliseconds probe_after() const;
    milliseconds silence_limit() const;
    std::optional<time_point> poll_at() const;
    void probe(time_point now);
    void poll(time_point now);
    void silent(time_point now);
    void unwritten(time_point now);
    void no_progress(time_point now);
    void halt_told(time_point now);

    machine_settings settings;
    const firmware_profile* family = &profile_of(firmware_kind::unknown);
    stage at = stage::closed;
    line_ledger ledger;
    line_outbox outbox;
    line_splitter splitter;
    kept_ring<event> events{64};
    std::vector<std::string> spare_texts;
    std::vector<std::vector<heater_state>> spare_lists;
    std::string probe_frame;       // to measure it
    std::deque<std::string> setup; // our own lines after the identification

    // hello and identify
    time_point hello_began{}, hello_sent{};
    int hello_oks = 0, hello_rounds = 0;
    std::optional<time_point> settle_at, alive_at;
    bool listening = false, in_list = false; // the latter: of a card, between its first line and its last
    bool garbled = false; // bytes came that are no firmware's words: a wrong baud rate, likely
    bool named = false;
    int asked = 0;
    std::optional<time_point> identify_at;
    firmware_info firmware;
    bool auto_report = false;

    // packed lines
    bool packing = false, pack_again = false; // the latter: the firmware may have lost that it is on
    std::optional<time_point> packing_due;    // its answer
    int packing_tries = 0;
    std::string packed;

    // rejoin
    std::uint64_t beyond = 0;
    std::optional<std::uint64_t> last_taken;
    bool identity_told = false; // M115's answer is through: what comes now is an answer to us
    int numbers_asked = 0;
    time_point rejoin_at{};

    // acknowledgements
    kept_ring<std::uint64_t> urgent_after{
        2 * line_outbox::most_urgent}; // an ok of an urgent line is due after the line of that number
    bool advanced = false;             // ok lines tell their number and the free slots
    std::size_t slots = 1;
    bool plain_oks = false; // so that an ok with temperatures can only be one of an M105
    bool named_ack = false; // some ack told for certain which line it was for: the numbers are in step
    milliseconds patience;  // for the ok of a line that does not block; grows with needless probes
    milliseconds ok_peak{}; // the slowest ok of late
    int ok_samples = 0;     // since ok_peak may be trusted
    time_point wait_from{}; // last sign that concerns the oldest line on the wire
    time_point progress_at{};
    int probes_out = 0, postponed = 0, unanswered_polls = 0;
    std::optional<time_point> unanswered_since; // first line written after the last byte that was read
    std::optional<time_point> unwritten_since;

    // busy lines
    bool busy_now = false, busy_known = false, busy_likely = false;
    int busy_lines = 0; // since busy_now
    std::optional<time_point> busy_at, user_wait_at;
    milliseconds busy_gap = keep_alive;

    // resends
    bool holding = false; // nothing is sent until the request's own ok, or quiet
    time_point hold_until{};
    std::uint64_t resend_line = 0;
    int resend_times = 0;
    std::uint64_t leftovers = 0;
    std::optional<std::uint64_t> error_last_line;
    std::uint64_t clean_needed = 50, clean_left = 0, clean_run = 0; // lines with a window of one

    // temperatures, and M105 of our own
    time_point temperature_at{}, polled_at{};
    std::optional<time_point> verify_at; // ask something numbered: a line may be missing
    int active_tool = 0;

    // halt
    std::string halt_text;
    std::optional<time_point> halt_at;

    std::uint64_t resends = 0, probes = 0;
};

} // namespace layerline::printer::serial
