// What the agent knows of a Klipper printer behind Moonraker and what it asked of it, as a pure machine: JSON
// texts and the clock in, texts to send, things to keep and outcomes out. No socket, no clock of its own.
#pragma once

#include "printer/moonraker/desk_records.hpp"
#include "printer/moonraker/klipper_console.hpp"
#include "printer/moonraker/klipper_objects.hpp"
#include "printer/moonraker/rpc_messages.hpp"
#include "printer/printer_action.hpp"
#include "printer/serial/durable_state.hpp"
#include "printer/start_gate.hpp"
#include "printer/time_left.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::moonraker {

struct desk_settings {
    std::string api_key;                       // empty: none
    std::string version = "0";                 // ours, told when we identify
    std::string id_seed = "0";                 // of job ids where Moonraker keeps no history
    std::string url = "http://127.0.0.1:8481"; // of this agent, told when we identify
    double max_tool_c = 250, max_bed_c = 90, max_chamber_c = 60; // until Klipper told its own
    int starts_an_hour = 12;
    double most_babysteps_mm = 2;                     // all together
    std::size_t most_waiting = 16;                    // calls of others under way at once
    std::chrono::milliseconds answer_within{10'000};  // for an action whose terms name no time
    std::chrono::milliseconds accept_within{2'000};   // no word by then: taken, waits for Klipper's lock
    std::chrono::milliseconds stop_within{2'000};     // for Klipper to confirm an emergency stop
    std::chrono::milliseconds settle_within{5'000};   // from "ok" until the state must show it
    std::chrono::milliseconds busy_within{6'000};     // a start waits so long for Klipper to be free
    std::chrono::milliseconds state_after{1'500};     // to wait for a started print's id
    std::chrono::milliseconds poll{1'000};            // of server.info while Klipper is not ready
    std::chrono::milliseconds calm_poll{30'000};      // ... and while it is: an event may be lost
    std::chrono::milliseconds ask_after{4'000};       // no message for this long: ask for one
    std::chrono::milliseconds silence{12'000};        // no message for this long: the line is dead
    std::chrono::milliseconds identify_again{30'000}; // another agent of our name is registered
    std::chrono::milliseconds first_retry{250}, last_retry{10'000}; // between tries to connect
    std::chrono::milliseconds refused_retry{30'000}; // ... after Moonraker said that we may not
};

// One desk serves one link over all its connections. An action is sent at most once, ever.
class moonraker_desk {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using ticket = std::uint64_t;
    struct outcome {
        ticket id = 0;
        printer_result<performed> what;
    };
    // To be written before the world may rely on it; `commit` comes back in kept().
    struct to_keep {
        serial::durable_state state;
        std::optional<std::uint64_t> commit;
    };

    moonraker_desk(desk_settings settings, serial::durable_state kept);

    // --- the connection ---
    void connected(time_point now);
    // Gone, or never made: `kind` and `why` (a sentence) become the state's `away` and `reason`, unless
    // Moonraker had refused us. Actions whose calls went out end as no_answer, the others as `kind`.
    void disconnected(printer_errc kind, std::string why, time_point now);
    // One message. False when the connection is of no use: we are not let in.
    bool receive(std::string_view text, time_point now);
    // How long to wait before the next try to connect; grows until Moonraker has answered.
    std::chrono::milliseconds retry_delay();

    // --- actions ---
    // The outcome comes from next_outcome(), once: when Moonraker answered, when the state shows what was
    // asked for, or when time has run out. G-code waits in Klipper without a limit: a call that got no answer
    // within `accept_within` counts as accepted and says so in its note; pauses and cancels show as `pausing`
    // and `cancelling` until they are done. Nothing is sent twice.
    ticket ask(action what, terms how, time_point now);
    // Nobody waits for this one any more. What has not gone out yet is not sent, an emergency stop apart.
    void forget(ticket id);
    // The next message to send.
    std::optional<std::string> next_message(time_point now);
    std::optional<outcome> next_outcome();
    std::optional<to_keep> next_to_keep();
    // The state of that commit is on the disk, or could not be put there.
    void kept(std::uint64_t commit, const printer_result<void>& how, time_point now);

    // --- time ---
    // False when the line is dead: nothing was heard for too long.
    bool tick(time_point now);
    std::optional<time_point> next_wakeup() const;

    // --- questions: what changes nothing ---
    struct reply {
        ticket id = 0;
        printer_result<nlohmann::json> what;
    };
    // Moonraker's answer, or why there is none, comes from next_reply(), once, within `within`.
    ticket query(std::string_view method, const nlohmann::json& params, std::chrono::milliseconds within,
                 time_point now);
    void forget_query(ticket id);
    std::optional<reply> next_reply();

    // --- what is known ---
    printer_state state(time_point now) const;
    std::uint64_t sequence() const { return known_.sequence; }
    link_capabilities capabilities() const;
    bool online() const { return online_; }
    // Kept over Klipper's and Moonraker's absence, as they were told last; none: Moonraker has no such part,
    // or has not told them yet.
    const std::optional<std::vector<webcam>>& webcams() const { return webcams_; }
    const std::optional<std::vector<power_device>>& power_devices() const { return power_; }
    const std::optional<std::vector<macro_info>>& macros() const { return macros_; }
    const klipper_console& console() const { return console_; }
    // Messages that could not be understood, ever; they are skipped.
    std::uint64_t malformed() const { return malformed_; }

private:
    using klippy = desk_records::klippy;
    using call_kind = desk_records::call_kind;
    using call = desk_records::call;
    using asker = desk_records::asker;
    using overlay = desk_records::overlay;
    using open_stop = desk_records::open_stop;
    using start_under_way = desk_records::start_under_way;
    using known_job = desk_records::known_job;
    using fault = desk_records::fault;

    // moonraker_desk.cpp: the connection
    std::uint64_t queue(call what, std::string_view method, const nlohmann::json& params, bool first = false);
    void ask_own(call_kind kind, std::string_view method, const nlohmann::json& params, time_point now);
    void identify(time_point now);
    void answered(const rpc_answer& answer, time_point now);
    void refused(const rpc_refusal& refusal, time_point now);
    void noticed(const rpc_notice& notice, time_point now);
    void drop_call(std::uint64_t id);
    // Whether Klipper may keep such a call waiting without a limit.
    static bool waits_for_lock(call_kind kind);

    // desk_klippy.cpp
    void server_said(const nlohmann::json& info, time_point now);
    void klippy_is(klippy what, time_point now);
    void lose_klippy();
    void follow(time_point now);
    void told_status(const nlohmann::json& status, time_point now);
    void told_settings(const nlohmann::json& result);

    // desk_lists.cpp: what is kept beside the state, questions, and calls of macros to us
    void register_methods(time_point now);
    void ask_lists(const nlohmann::json& components, time_point now);
    bool list_answered(const call& what, const nlohmann::json& result);
    bool list_noticed(const rpc_notice& notice, time_point now);
    void query_ended(const call& what, printer_result<nlohmann::json> how);
    void end_queries(const printer_failure& why);

    // desk_actions.cpp
    std::optional<printer_failure> broken_terms(const terms& how) const;
    printer_failure away_failure() const;
    printer_failure wrong_state(std::string_view what) const;
    std::optional<printer_failure> begin(ticket id, const action& what, time_point now);
    std::optional<printer_failure> begin_home(ticket id, const home_axes& what);
    std::optional<printer_failure> begin_heat(ticket id, const set_temperature& what);
    void make_call(ticket id, call_kind kind, std::string_view method, const nlohmann::json& params,
                   std::string word = {});
    void run_gcode(ticket id, call_kind kind, const std::string& line);

    // desk_start.cpp
    std::optional<printer_failure> begin_start(ticket id, const start_job& what, time_point now);
    void check_start();
    void look_again(time_point now);
    void start_checked(const nlohmann::json& result, time_point now);
    void start_failed();
    void bed_was(bed_event what); // takes the cleared bed away, and keeps that
    void watch_head(time_point now);

    // desk_stop.cpp
    void begin_stop(ticket id, const emergency_stop& what, time_point now);
    void send_stop(ticket id, call_kind kind, std::string_view method, const nlohmann::json& params);
    void cut_power(ticket id);
    bool stop_answered(const call& what);
    bool stop_refused(const call& what, const printer_failure& why);
    void check_stops(time_point now);

    // desk_outcomes.cpp
    void action_answered(std::uint64_t id, call what, time_point now);
    void action_refused(std::uint64_t id, const call& what, printer_failure why, time_point now);
    void end(ticket id, printer_result<performed> what);
    void end_all(const printer_failure& unsent);

    // desk_hand.cpp
    std::vector<std::string> offers() const;
    std::optional<printer_failure> not_by_hand(bool when_paused) const;
    void bed_was_touched();
    std::optional<printer_failure> begin_by_hand(ticket id, const action& what);
    std::optional<printer_failure> begin_move(ticket id, const move_axis& what);
    std::optional<printer_failure> begin_extrude(ticket id, const extrude_filament& what);
    std::optional<printer_failure> begin_babystep(ticket id, const babystep& what);
    std::optional<printer_failure> begin_level(ticket id);
    std::optional<printer_failure> begin_power(ticket id, const set_power& what);
    std::optional<printer_failure> begin_macro(ticket id, const run_macro& what);
    std::optional<printer_failure> begin_console(ticket id, const printer::run_gcode& what);
    std::optional<printer_failure> begin_exclude(ticket id, const exclude_object& what);
    std::optional<printer_failure> begin_answer(ticket id, const answer_prompt& what);

    // desk_state.cpp
    void publish(time_point now);
    std::optional<phase> base_phase() const;
    phase shown_phase(phase base, time_point now);
    void track_job(time_point now);
    void new_job(const std::string& file, time_point now);
    void history_told(const nlohmann::json& job, bool added, time_point now);
    void name_job(const std::string& id, const nlohmann::json& job);
    void keep_job(const char* ended);
    void keep();
    void gcode_said(std::string_view text, time_point now);

    desk_settings settings_;
    serial::durable_state kept_;
    start_gate gate_;

    // the connection
    bool online_ = false;
    std::uint64_t last_call_ = 0;
    std::map<std::uint64_t, call> calls_;
    std::deque<std::uint64_t> to_write_;
    time_point heard_at_{};
    bool asked_since_heard_ = false;
    std::optional<printer_failure> refusal_; // why Moonraker does not let us in
    bool refused_last_ = false;
    printer_errc away_ = printer_errc::host_gone; // while there is no connection
    std::chrono::milliseconds next_retry_;
    std::optional<time_point> identify_at_, poll_at_, follow_at_;
    std::uint64_t malformed_ = 0;

    // Klipper
    klippy klippy_ = klippy::unknown;
    bool following_ = false; // the subscription stands and its answer is here
    bool has_history_ = false;
    std::optional<time_point> ready_at_; // when notify_klippy_ready came
    std::string klippy_words_, klippy_version_, host_name_;
    klipper_objects objects_;
    std::optional<double> max_tool_c_, max_bed_c_, max_chamber_c_;
    std::optional<travel_area> travel_;

    // the job
    std::optional<job_state> job_;
    known_job job_facts_;
    time_left left_;
    std::uint64_t jobs_seen_ = 0;
    std::optional<nlohmann::json> announced_; // by the history, before the state showed it
    std::optional<fault> last_fault_;         // "!! ..."

    // what was asked
    ticket last_ticket_ = 0;
    std::map<ticket, asker> askers_;
    std::optional<overlay> overlay_;
    std::optional<start_under_way> start_;
    std::map<ticket, open_stop> open_stops_;
    std::map<std::uint64_t, ticket> clearing_; // commits of a cleared bed
    bool end_seen_ = false;                    // a person has seen to the last print's end
    std::optional<head_position> head_seen_;   // where the idle head was told to be last
    time_point still_until_{};                 // until then its place may be news of a move of ours
    std::uint64_t last_commit_ = 0;
    std::optional<attention> wants_;

    // beside the state
    std::optional<std::vector<webcam>> webcams_;
    std::optional<std::vector<power_device>> power_;
    std::optional<std::vector<macro_info>> macros_;
    klipper_console console_;
    bool lists_asked_ = false;   // on this connection
    bool lists_changed_ = false; // since the state was last told
    std::string pause_reason_;   // by a macro, of the pause that follows or stands
    bool paused_before_ = false;
    std::deque<reply> replies_;

    std::deque<outcome> outcomes_;
    std::deque<to_keep> to_keep_;
    printer_state known_;
    std::optional<time_point> told_at_;
};

} // namespace layerline::printer::moonraker
