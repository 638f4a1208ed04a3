// What a print host decides, as a pure state machine: events of the protocol machine, requests, prepared
// lines and the clock in; commands to send, replies and the printer's state out. No descriptor, no thread, no
// disk, no clock of its own. One owner.
//
// Between the begin of a job and its end it allocates nothing for lines, acknowledgements, temperatures and
// words of the firmware, if log entries come back by reuse(), at most 16 at a time.
#pragma once

#include "printer/printer_link.hpp"
#include "printer/serial/ack_times.hpp"
#include "printer/serial/card_calls.hpp"
#include "printer/serial/durable_state.hpp"
#include "printer/serial/heat_guard.hpp"
#include "printer/serial/job_line.hpp"
#include "printer/serial/kept_ring.hpp"
#include "printer/serial/motion_plan.hpp"
#include "printer/serial/print_journal.hpp"
#include "printer/serial/protocol_machine.hpp"
#include "printer/start_gate.hpp"
#include "printer/time_left.hpp"

#include <chrono>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace layerline::printer::serial {

struct host_settings {
    // What a remote hand may ask for; a file is held to the hard limits of line_policy only.
    double max_tool_c = 250, max_bed_c = 90, max_chamber_c = 60;
    std::size_t max_line = 96; // that the firmware's command buffer holds, as the protocol machine has it
    guard_settings guards;
    park_settings parking;
    // A wait for temperature that takes longer ends the job with heaters off.
    std::chrono::milliseconds tool_wait{std::chrono::minutes(10)}, bed_wait{std::chrono::minutes(40)};
    // A hotend far below its target that gets no warmer for this long fails the job, a bed after five times
    // this; 0 never.
    std::chrono::milliseconds rise_time{60'000};
    std::chrono::milliseconds residency{2000}; // how long a temperature must hold to count as reached
    std::chrono::milliseconds position_wait{10'000};
    std::chrono::milliseconds stop_confirm{
        2000};                                 // for the firmware to confirm M112, or the last step after it
    std::chrono::milliseconds stop_step{1000}; // from one step to the next
    std::chrono::milliseconds console_wait{8000}; // for the answer to a console line
    double unhomed_lift_mm = 50;                  // how far up Z may go by hand without having been homed
    double most_babysteps_mm = 2;                 // either way, all together
    std::chrono::milliseconds standby_after{
        std::chrono::minutes(30)}; // paused: hotend down to standby_c; 0 never
    double standby_c = 150;
    std::chrono::milliseconds temperature_poll{5000}; // M105 when none came for this long
    std::chrono::milliseconds place_poll{5000};       // M114 while idle over a cleared bed
    std::chrono::milliseconds stuck{
        std::chrono::minutes(5)}; // no line accepted for this long: not printing any more
    // Busy with one line for this long, or for as long as that line may take: never to end.
    std::chrono::milliseconds busy_for_ever{std::chrono::minutes(5)};
    std::chrono::milliseconds stuck_keepalive{60'000}; // the same, of firmware that says when it is busy
    std::chrono::milliseconds farewell{10'000};        // for heaters off when the host is stopped
    int starts_an_hour = 12;
    bool accept_fingerprint = false; // take the connected firmware for this printer's own
};

// What a predecessor left behind it.
struct left_print {
    std::optional<journal_reading> journal; // in memory: exact
    std::optional<kept_progress> progress;  // on the disk: some seconds old
};

// A start brings its file, opened and read ahead, and the id that its job will have.
struct host_call {
    std::uint64_t ticket = 0;
    action what;
    terms how;
    std::optional<time_point> deadline; // of `how.time_left`, on this machine's clock
    std::shared_ptr<line_source> source;
    std::string job_id;
};

// --- out
struct call_answered {
    std::uint64_t ticket = 0;
    std::variant<performed, printer_failure> what;
};
// To be written before the world may rely on it; `commit` comes back in saved().
struct state_to_keep {
    durable_state state;
    std::optional<std::uint64_t> commit;
};
// A source that is done with; its end may block, so that the wire's thread must not be the one to end it.
struct source_to_drop {
    std::shared_ptr<line_source> source;
};
// The file of a print that is taken over, from that place on; source_opened() brings it.
struct source_wanted {
    std::string path;
    resume_point from;
};
// The board is to be reset by the port's DTR line; board_reset() is told how that went.
struct board_to_reset {};
struct log_entry {
    bool warning;
    std::string text; // printable
};
using effect =
    std::variant<call_answered, state_to_keep, source_to_drop, source_wanted, board_to_reset, log_entry>;

struct wire_command {
    std::string_view text; // until the next one is asked for
    std::uint64_t tag;
};

class host_core {
public:
    // A print that its host left running (kept.last_job) is taken over where `left` tells how.
    host_core(host_settings settings, durable_state kept, left_print left = {});
    ~host_core();
    host_core(const host_core&) = delete;
    host_core& operator=(const host_core&) = delete;

    // --- in ---
    void port_opened(time_point now);
    // The port is not there or cannot be had, or the firmware does not answer.
    void port_lost(printer_errc why, std::string text, time_point now);
    void on_event(const event& what, time_point now);
    void call(host_call request, time_point now);
    // The state of that commit is on the disk, or could not be put there.
    void saved(std::uint64_t commit, const printer_result<void>& how, time_point now);
    void board_reset(const printer_result<void>& how);
    void source_opened(printer_result<std::shared_ptr<line_source>> source, time_point now);
    // Which device that is, at which baud rate; `usb` as in port_memory. Once its printer has answered it is
    // kept, unless it is another printer.
    void port_is(port_state where, std::string usb);
    // The baud rate is being looked for: what to show meanwhile.
    void port_is_tried(std::string text) { away_text_ = std::move(text); }
    // The port that was opened just now is the one that a predecessor had, kept open since.
    void port_was_kept() { port_kept_ = true; }
    // Why a crash of this process would end or hold a print; empty: it would go on.
    void set_crash_trouble(std::string why) { crash_trouble_ = std::move(why); }
    void tick(time_point now);
    // The host is being stopped: a job ends as failed, heaters go off. may_leave() says when that is done.
    void stop(time_point now);
    bool may_leave(time_point now) const;

    // --- out ---
    // The next command to number and send. Ask only while the protocol machine can send.
    std::optional<wire_command> next_command(time_point now);
    // The next command to send ahead of all others.
    std::optional<std::string> next_urgent();
    std::optional<effect> next_effect();
    // Takes a log entry back that was written, for the memory in it. Not needed, but for its sake.
    void reuse(log_entry&& done);
    // The state now; its sequence grows when anything else in it differs from the last one asked for.
    const printer_state& state(time_point now);
    const link_capabilities& capabilities();
    // The port as it was when the printer answered last.
    const port_memory& known_port() const { return kept_.port; }
    // Whether the machine should tell what it hears, word for word: a console line waits for its answer.
    bool listens() const { return (console_ && console_->tag) || (listing_ && listing_->tag); }
    // A print is to be taken over: the port's next conversation begins with rejoin(), and a number that
    // cannot have been used.
    bool rejoins() const { return takeover_.has_value(); }
    std::uint64_t unused_number() const;
    // What the journal of the print is about; nothing without one. The epoch changes when a new journal is to
    // be begun (or ended): before anything more is sent.
    const std::optional<journal_job>& journal() const { return journal_; }
    std::uint64_t journal_epoch() const { return journal_epoch_; }
    // Where the print stands once the last command that was handed out is accepted.
    const resume_point& point() const { return point_; }
    print_wish wish() const;
    // Until when the head can have stood still by nobody's death: before a print is taken over, the time of
    // its last sign of motion.
    time_point moved_until(time_point now) const { return takeover_ ? takeover_->moved_at : now; }
    // How long the next tick() may be off.
    std::chrono::milliseconds patience() const;

private:
    enum class goal : std::uint8_t {
        none,
        begin,
        file_wait,
        standstill,
        park,
        resume,
        cancel,
        finish,
        fail,
        home,
        jog_look, // where the head is, before a move by hand
        jog,
        look, // at what a predecessor left
        leave
    };
    struct sent_line {
        std::uint64_t tag = 0;
        bool of_file = false, poll = false;
        bool blocks = false; // may wait for a person or for heat inside the firmware
        std::optional<std::chrono::milliseconds> may_take{}; // of a line that keeps the firmware occupied
        std::uint64_t end_offset = 0, line = 0;
        time_point at{};
        double seconds = 0;
        std::optional<int> layer{};
        std::optional<double> z_mm{}, slicer_left_s{};
        std::string homes{}; // axes
        bool frees = false;  // steppers off
    };

    // host_calls.cpp
    void answer(std::uint64_t ticket, std::variant<performed, printer_failure> what);
    std::optional<printer_failure> broken_terms(const host_call& request, time_point now) const;
    using outcome = std::variant<std::monostate, performed, printer_failure>; // monostate: answered later
    outcome carry_out(host_call& request, time_point now);
    outcome do_start(host_call& request, time_point now);
    outcome do_pause(const pause_job& what, const std::string& who, time_point now);
    outcome do_resume(time_point now);
    outcome do_cancel(const std::string& who, time_point now);
    outcome do_home(const home_axes& axes, time_point now);
    outcome do_set_temperature(const set_temperature& what, time_point now);
    outcome do_bed_clear(time_point now);
    printer_failure away_failure() const;
    printer_failure wrong_state(std::string_view what) const;

    // host_stop.cpp: the emergency stop
    outcome do_emergency_stop(const emergency_stop& allowed, std::uint64_t ticket, time_point now);
    void climb(std::size_t step);
    void check_stop_confirm(time_point now);
    void stop_confirmed(const char* by);
    void end_stops(bool confirmed, const std::string& note);

    // host_hand.cpp: what people do by hand
    std::optional<printer_failure> not_by_hand(bool when_paused) const;
    std::optional<printer_failure> not_homed(const move_axis& what) const;
    outcome do_move(const move_axis& what, std::uint64_t ticket);
    outcome do_extrude(const extrude_filament& what);
    outcome do_set(std::string command);
    outcome do_babystep(const babystep& what);
    outcome do_release_motors();
    outcome do_level_bed();
    outcome do_set_light(const set_light& what);
    outcome do_set_power(const set_power& what);
    outcome do_run_gcode(const host_call& request, time_point now);
    void jog_looked(time_point now);
    std::optional<printer_failure> out_of_area(const move_axis& what) const;
    void end_hand_calls(const printer_failure& why);
    void check_console(time_point now);
    std::uint32_t abilities() const; // a bit for each that offers() and capabilities() depend on
    std::vector<std::string> offers() const;

    // host_job.cpp: the course of a job
    void begin_job(time_point now);
    void begin_pause(std::string reason, bool park, time_point now);
    void goal_reached(time_point now);
    void pause_done(time_point now);
    void fail_job(std::string why, bool lift, time_point now);
    void end_job(phase how, const char* kept_as, std::string detail, time_point now);
    std::optional<wire_command> next_of_plan(time_point now);
    std::optional<wire_command> next_of_file(time_point now);
    wire_command send_own(std::string text, time_point now);
    wire_command send_of_file(const prepared_line& line, time_point now);
    void note_settings(std::string_view text);
    head_knowledge head() const;
    void drop_source();

    // host_card.cpp: prints from the printer's own card
    phase card_phase() const;
    const job_state* shown_job() const { return card_ ? &card_->job : job_ ? &*job_ : nullptr; }
    void card_begins(time_point now);
    void card_named(const std::string& name);
    void card_ends(phase how, const std::string& why, time_point now);
    bool card_says(const std::string& text, time_point now);
    void card_position(std::uint64_t done, std::uint64_t size, time_point now);
    void card_not_printing(time_point now);
    bool card_action(std::string_view word, time_point now);
    outcome pause_card();
    outcome resume_card(time_point now);
    outcome cancel_card(const std::string& who, time_point now);
    void poll_card(time_point now);

    // host_card_files.cpp: its files, and starts of them
    bool has_card() const;      // it said so
    bool may_have_card() const; // or its firmware would not say
    outcome do_list_card(const host_call& request, time_point now);
    std::optional<printer_failure> no_card_start(const start_job& what) const;
    std::optional<std::string> next_card_question();
    void card_question_sent(std::uint64_t tag);
    void card_question_taken(std::uint64_t tag, time_point now);
    bool listed(const std::string& text);
    void check_listing(time_point now);
    void check_opening(time_point now);
    void card_start_failed(printer_failure why);
    void end_card_calls(const printer_failure& why);

    // host_waits.cpp: heat
    std::string heater_of(const heat_wait& wait) const;
    double wanted_by(const heat_wait& wait) const;
    void wait_for_heat(const heat_wait& wait);
    bool heat_reached(const plan_step& step, time_point now);
    std::string waiting_text() const;
    void heat_failed(const std::string& why, time_point now);
    void check_wait_deadlines(time_point now);
    void check_rise(time_point now);
    bool stands_by() const;
    void announce_standby();
    void check_standby(time_point now);

    // host_attention.cpp: what needs a person
    enum class asker : std::uint8_t {
        nobody,
        firmware, // answered by M876 or M108
        host,     // a pause of ours: answered by a resume
        panel     // cancel was pressed at the printer
    };
    void ask_person(asker who, attention what);
    void nothing_asked();
    void end_prompt();
    bool waits_for_person(time_point now) const;
    void firmware_pauses(const std::string& why, bool told, time_point now);
    void firmware_resumes(time_point now);
    void line_was_accepted(time_point now);
    void release_when_ending(time_point now);
    void resume_pressed(time_point now);
    void cancel_pressed(time_point now);
    void check_runout(time_point now);
    void filament_change_by_hand(time_point now);
    outcome resume_firmware(time_point now);
    outcome do_answer_prompt(const answer_prompt& what, const std::string& who, time_point now);

    // host_takeover.cpp: a print whose host died
    void begin_takeover(left_print left);
    void note_sent(const prepared_line* line, time_point now);
    void on(const rejoined& what, time_point now);
    void look_around();
    void judge_takeover_now(time_point now);
    void go_on_from(const resume_point& point, time_point now);
    void hold_for_person(std::string why, time_point now);
    outcome resume_held(time_point now);
    std::string reached_text() const; // how far the job got; empty: nothing of it was done

    // host_events.cpp
    void on(const connected& what, time_point now);
    void on(const acknowledged& what, time_point now);
    void on(const temperatures& what, time_point now);
    void on(const positioned& what, time_point now);
    void on(const busy& what, time_point now);
    void on(const host_action& what, time_point now);
    void on(const heard& what, time_point now);
    void on(const said& what, time_point now);
    void on(const resend_asked& what, time_point now);
    void on(const unknown_command& what, time_point now);
    void on(const killed& what, time_point now);
    void on(const was_reset& what, time_point now);
    void on(const gone_silent& what, time_point now);
    void forget_wire();
    void check_guards(time_point now);
    void check_stuck(time_point now);
    void poll_temperatures(time_point now);
    void poll_place(time_point now);
    bool stands_idle() const; // nothing of ours moves the head
    void watch_head();

    // host_core.cpp
    phase visible_phase() const;
    bool job_active() const; // printing to cancelling
    // How long the rest takes, into `job`.
    void estimate_left(job_state& job, const read_so_far& read, double elapsed_s);
    void set_phase(phase next, std::string reason, time_point now);
    void log(bool warning, std::string_view text)
    {
        log(warning, std::initializer_list<std::string_view>{text});
    }
    void log(bool warning, std::initializer_list<std::string_view> parts);
    void keep();
    void keep_port();
    void bed_was(bed_event what); // takes the clear bed away, and keeps that
    const heater_state* heater(std::string_view name) const;
    std::string tool_name(int tool) const;
    bool has(std::string_view capability) const;
    const firmware_profile& family() const { return profile_of(kind_); }
    park_settings parking() const; // as this firmware can

    static constexpr std::size_t most_heaters = 24;
    const host_settings settings_;
    durable_state kept_;
    start_gate gate_;
    heat_guard guard_;

    // the printer
    bool port_open_ = false, connected_ = false, halted_ = false, foreign_ = false;
    printer_errc away_ = printer_errc::port_gone;
    std::optional<port_state> port_;
    std::string port_usb_;
    std::string away_text_, reason_;
    std::optional<firmware_info> firmware_;
    firmware_kind kind_ = firmware_kind::unknown;
    std::vector<heater_state> heaters_;
    head_position position_;
    std::string homed_;
    std::optional<double> fan_, speed_factor_, flow_factor_;
    std::optional<bool> case_light_;
    double babysteps_mm_ = 0;
    struct card_print { // from the printer's own card, driven by the printer
        job_state job;
        time_point since{};
        bool pausing = false, paused = false, ending = false;
        int missing = 0; // times that the printer said it prints none
    };
    std::optional<card_print> card_;
    std::string card_file_; // chosen last
    std::optional<std::uint64_t> card_position_;
    time_point last_card_poll_{};
    std::optional<card_listing> listing_;
    std::optional<card_opening> opening_;
    std::optional<attention> wants_;
    asker asker_ = asker::nobody; // of wants_
    std::string prompt_text_;     // of the firmware's prompt, which counts once it is shown
    std::vector<std::string> prompt_buttons_;
    time_point last_word_{}, last_temperatures_{}, last_progress_{}, last_poll_{}, last_place_poll_{};
    std::optional<time_point> user_busy_at_; // the firmware's last word of waiting for a person
    std::optional<time_point> busy_since_;   // its first word of being busy since it took a line
    std::optional<time_point> runout_since_, released_at_;
    time_point firmware_paused_at_{};
    bool pause_told_ = false;        // by "paused", so that only "resumed" ends it
    bool paused_at_printer_ = false; // whoever pressed pause there may press resume there
    bool busy_seen_ = false, poll_under_way_ = false, was_heard_ = false;

    // the job
    phase phase_ = phase::idle; // of the job; offline and connecting are shown in its place
    std::optional<job_state> job_;
    std::shared_ptr<line_source> source_;
    prepared_line line_;   // of the source, taken last
    std::string own_line_; // of ours, sent last
    plan plan_;
    goal goal_ = goal::none;
    kept_ring<std::string> aside_{16}; // by hand or by the guards: before all else, whatever the plan
    std::deque<std::string> urgent_;
    kept_ring<sent_line> in_flight_{16};
    std::uint64_t next_tag_ = 1;
    gcode::modes modes_;                    // after the last line sent
    std::map<std::string, double> targets_; // as we set them
    paused_head saved_;
    bool park_wanted_ = true, firmware_paused_ = false, motors_lost_ = false, moved_ = false;
    double done_seconds_ = 0;
    std::optional<double> slicer_left_, moving_since_s_; // the latter: elapsed time at the first move done
    time_left left_;
    std::chrono::duration<double> elapsed_{0};
    std::optional<time_point> running_since_, paused_since_;
    bool stood_by_ = false, standby_told_ = false;
    struct rise {
        double from_c = 0, wanted_c = 0;
        time_point since{};
    };
    std::vector<std::pair<std::string, rise>> rises_;   // heaters that are far below their targets
    std::optional<time_point> step_since_, held_since_; // of the plan's first step; of a temperature reached
    bool position_asked_ = false, position_seen_ = false;
    std::optional<head_position> seen_at_; // where the idle head was told to be last
    std::optional<host_call> starting_;    // waits for its record to be on the disk
    struct stop_ladder {
        emergency_stop allowed;
        time_point since{};
        std::size_t done = 0;               // steps taken
        std::vector<std::string> told = {}; // what they did, in words
    };
    std::optional<stop_ladder> ladder_; // a stop that is not confirmed yet
    std::vector<std::uint64_t> stops_;  // who waits for that
    struct waiting_move {
        std::uint64_t ticket = 0;
        move_axis what;
    };
    std::optional<waiting_move> jog_;
    struct console_call {
        std::uint64_t ticket = 0;
        std::string command;
        std::optional<std::uint64_t> tag; // once it is on the wire
        time_point until{};
        std::string reply;
    };
    std::optional<console_call> console_;
    std::optional<time_point> leaving_since_;

    // what a successor would need, and what a predecessor left
    std::optional<journal_job> journal_;
    std::uint64_t journal_epoch_ = 0;
    resume_point point_;
    ack_times acks_;
    bool starved_ = false;           // the file's next line is waited for
    std::uint64_t reached_line_ = 0; // of the file: the last that was accepted
    std::string crash_trouble_;
    bool port_kept_ = false;
    struct takeover_state {
        journal_reading journal;
        std::optional<resume_point> point;   // once the firmware told its last line
        std::shared_ptr<line_source> source; // or why there is none:
        std::string file_trouble;
        bool looked = false, waits_for_user = false;
        time_point moved_at{}; // the last sign that the firmware was still at its lines
    };
    std::optional<takeover_state> takeover_;
    std::optional<resume_point> held_at_; // a person has to say whether the print goes on from there

    kept_ring<effect> effects_{16};
    std::vector<std::string> spare_texts_; // for log entries
    std::uint64_t next_commit_ = 1, start_commit_ = 0;
    printer_state told_, next_told_; // the latter: as it was before, to be written over
    link_capabilities limits_;
    std::optional<std::uint32_t> limits_of_; // of what the firmware can, when limits_ were made
};

} // namespace layerline::printer::serial
