#include "printer/serial/wire_thread.hpp"

#include "printer/serial/service_notify.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <pthread.h>
#include <system_error>
#include <utility>
#include <vector>

namespace layerline::printer::serial {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {
constexpr const char* port_name = "port"; // as a supervisor keeps it
}

wire_thread::wire_thread(wire_settings settings, host_settings host, wire_origin origin, port_opener open,
                         host_traffic& traffic)
    : settings_(settings), core_(host, std::move(origin.kept), std::move(origin.left)),
      journal_(origin.journal), no_journal_(std::move(origin.no_journal)), open_(std::move(open)),
      traffic_(traffic), thread_([this] { run(); })
{
}

wire_thread::~wire_thread()
{
    aborting_ = true;
    stop();
    join();
}

void wire_thread::stop()
{
    stopping_ = true;
    stop_.wake();
}

void wire_thread::join()
{
    if (thread_.joinable()) thread_.join();
}

void wire_thread::try_open(time_point now)
{
    next_open_ = now + settings_.reopen;
    auto opened = open_(core_.known_port());
    if (!opened) {
        if (opened.error().code == away_ && opened.error().detail == away_text_) return;
        away_ = opened.error().code;
        away_text_ = opened.error().detail;
        core_.port_lost(away_, away_text_, now);
        news_now_ = true;
        return;
    }
    away_text_.clear();
    port_ = std::move(*opened);
    port_stored_ = keep_descriptor(port_->fd(), port_name);
    const auto known = core_.known_port().baud;
    baud_ = settings_.baud != 0 ? settings_.baud : known != 0 ? known : default_baud;
    // A print that is taken over was at the rate that is known.
    searching_ = settings_.baud == 0 && !core_.rejoins();
    if (searching_) {
        if (!search_) search_.emplace(known);
        search_->begin(now);
        baud_ = search_->rate();
        (void)port_->set_baud(baud_); // a port that cannot do it answers nothing, and the next rate comes
    }
    if (!core_.rejoins()) return begin_hello(now);
    machine_ = std::make_unique<protocol_machine>(settings_.machine);
    core_.port_opened(now);
    core_.port_is({port_->device(), baud_, settings_.baud == 0}, port_->usb());
    if (port_->was_kept()) core_.port_was_kept();
    machine_->rejoin(core_.unused_number(), now);
    next_hello_.reset();
    news_now_ = true;
}

// On the port as it is: to open it anew would reset the board, and whatever it does alone.
void wire_thread::begin_hello(time_point now)
{
    next_hello_.reset();
    machine_ = std::make_unique<protocol_machine>(settings_.machine);
    core_.port_opened(now);
    core_.port_is({port_->device(), baud_, settings_.baud == 0}, port_->usb());
    if (searching_) core_.port_is_tried(search_->trying());
    machine_->opened(now);
    news_now_ = true;
}

// A rate at which a firmware is understood ends the search; until then one rate after the other.
void wire_thread::look_for_baud(time_point now)
{
    if (!searching_ || !machine_ || next_hello_) return;
    if (machine_->makes_sense()) {
        if (!machine_->is_connected()) return;
        searching_ = false;
        search_->found();
        return;
    }
    if (const auto next = search_->next(now, machine_->heard_noise())) {
        baud_ = *next;
        (void)port_->set_baud(baud_);
        begin_hello(now);
    } else if (search_->over()) {
        machine_ = std::make_unique<protocol_machine>(settings_.machine); // which says nothing yet
        core_.on_event(gone_silent{search_->in_vain()}, now);
        next_hello_ = now + settings_.rehello;
        news_now_ = true;
    }
}

void wire_thread::close_port(printer_errc why, std::string text, time_point now)
{
    forget_descriptor(port_name);
    port_stored_ = false;
    port_.reset();
    machine_.reset();
    next_hello_.reset();
    reset_until_.reset();
    away_ = why;
    away_text_ = text;
    core_.port_lost(why, std::move(text), now);
    next_open_ = now + settings_.reopen;
    news_now_ = true;
}

void wire_thread::take_letters(time_point now)
{
    if (!std::exchange(letters_due_, false)) return; // each look costs two system calls, and lines are many
    traffic_.wire.taken();
    while (auto letter = traffic_.wire.take()) {
        if (auto* call = std::get_if<host_call>(&*letter))
            core_.call(std::move(*call), now);
        else if (auto* done = std::get_if<commit_done>(&*letter))
            core_.saved(done->commit, done->how, now);
        else if (auto* opened = std::get_if<opened_source>(&*letter))
            core_.source_opened(std::move(opened->source), now);
        news_now_ = true;
    }
    traffic_.lines_ready.taken();
}

void wire_thread::read_port(time_point now)
{
    std::array<char, 4096> bytes{};
    // A port that never stops talking must not keep us from sending: a few reads a turn.
    for (int turn = 0; turn < 4; ++turn) {
        const auto got = port_->read(bytes.data(), bytes.size());
        if (!got) {
            take_events(now); // what it said last may be why it went
            return close_port(got.error().code, got.error().detail, now);
        }
        machine_->receive({bytes.data(), *got}, now);
        if (*got < bytes.size()) return;
    }
}

void wire_thread::take_events(time_point now)
{
    while (auto next = machine_->next_event()) {
        if (std::holds_alternative<gone_silent>(*next)) next_hello_ = now + settings_.rehello;
        core_.on_event(*next, now);
        machine_->reuse(*std::move(next));
    }
}

void wire_thread::write_port(time_point now)
{
    follow_journal(now);
    while (const auto urgent = core_.next_urgent())
        machine_->send_urgent(*urgent, now);
    while (machine_->can_send()) {
        const auto command = core_.next_command(now);
        if (!command) break;
        // Noted before its first byte can be on the wire.
        if (journal_ != nullptr) journal_->sent(machine_->next_number(), core_.point());
        machine_->send(command->text, command->tag, now);
    }
    machine_->listen(core_.listens());
    follow_journal(now);
    while (!machine_->output().empty()) {
        const auto put = port_->write(machine_->output());
        if (!put) return close_port(put.error().code, put.error().detail, now);
        if (*put == 0) return;
        machine_->consumed(*put, now);
    }
}

// The journal of the job that the core has now; and that we live.
void wire_thread::follow_journal(time_point now)
{
    if (journal_ == nullptr) return;
    if (core_.journal_epoch() != journal_epoch_) {
        journal_epoch_ = core_.journal_epoch();
        if (const auto& job = core_.journal())
            journal_->begin(*job, machine_ ? machine_->accepted_number() : 0, core_.point());
        else
            journal_->end();
    }
    journal_->beat(std::chrono::nanoseconds(core_.moved_until(now).time_since_epoch()).count());
    if (core_.rejoins() && !core_.journal()) return; // a predecessor's, until it was read to its end
    journal_->wish(core_.wish());
    if (machine_) journal_->next_number(machine_->next_number());
}

// Whether a successor could go on with a print, as far as can be seen from here.
void wire_thread::look_at_store(time_point now)
{
    const auto busy_since = traffic_.store_busy_since_ms.load();
    const auto now_ms = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count();
    enum : int { none, stalled = 10'000, no_journal, no_supervisor }; // below: errno
    int trouble = traffic_.store_error;
    if (journal_ == nullptr)
        trouble = no_journal;
    else if (busy_since != 0 && now_ms - busy_since > settings_.slow_store.count())
        trouble = stalled;
    else if (trouble == none && port_ && !port_stored_)
        trouble = no_supervisor;
    if (std::exchange(crash_trouble_, trouble) == trouble) return;
    std::string text;
    if (trouble == no_journal)
        text = no_journal_;
    else if (trouble == stalled)
        text = "the disk of the state folder does not answer";
    else if (trouble == no_supervisor)
        text = "nothing keeps the port open; run the print host under systemd or with --supervise";
    else if (trouble != none)
        text = "the state folder cannot be written: " + std::generic_category().message(trouble);
    core_.set_crash_trouble(text.empty() ? text : "no crash resume: " + text);
    news_now_ = true;
}

void wire_thread::hand_out(time_point now)
{
    std::vector<call_answered> answers;
    while (auto next = core_.next_effect()) {
        if (auto* answer = std::get_if<call_answered>(&*next)) {
            answers.push_back(std::move(*answer));
            news_now_ = true;
        } else if (auto* keep = std::get_if<state_to_keep>(&*next))
            traffic_.clerk.put(std::move(*keep));
        else if (auto* drop = std::get_if<source_to_drop>(&*next))
            traffic_.clerk.put(std::move(*drop));
        else if (auto* wanted = std::get_if<source_wanted>(&*next))
            traffic_.clerk.put(std::move(*wanted));
        else if (std::holds_alternative<board_to_reset>(*next))
            core_.board_reset(begin_reset(now));
        else if (auto* entry = std::get_if<log_entry>(&*next)) {
            news_now_ = true;
            if (traffic_.log.put(entry->warning, entry->text)) traffic_.clerk.wake();
            core_.reuse(std::move(*entry));
        }
    }
    if (news_now_ || now >= next_news_) publish(now);
    // After the state that they led to: whoever reads an answer finds the state no older.
    for (auto& answer : answers)
        traffic_.server.put(std::move(answer));
}

printer_result<void> wire_thread::begin_reset(time_point now)
{
    if (!port_) return printer_failure{printer_errc::port_gone, "the port is gone"};
    auto lowered = port_->set_reset(true);
    if (lowered) reset_until_ = now + settings_.reset_pulse;
    return lowered;
}

void wire_thread::publish(time_point now)
{
    const printer_state& state = core_.state(now);
    next_news_ = now + settings_.news;
    const bool same_phase = state.now == told_phase_;
    news_now_ = false;
    if (state.sequence == told_ && same_phase) return;
    told_ = state.sequence;
    told_phase_ = state.now;
    const auto& job = core_.journal();
    traffic_.publish(state, core_.capabilities(), job ? &*job : nullptr, core_.point());
}

void wire_thread::wait(time_point now)
{
    time_point until = now + core_.patience();
    if (!port_) until = std::min(until, next_open_);
    if (next_hello_) until = std::min(until, *next_hello_);
    if (reset_until_) until = std::min(until, *reset_until_);
    if (searching_ && port_ && !next_hello_) until = std::min(until, search_->until());
    if (machine_)
        if (const auto wakeup = machine_->next_wakeup()) until = std::min(until, *wakeup);
    const auto left = std::chrono::ceil<milliseconds>(until - clock::now()).count();
    std::array<pollfd, 4> waits{{{traffic_.wire.fd(), POLLIN, 0},
                                 {traffic_.lines_ready.get(), POLLIN, 0},
                                 {stopping_ ? -1 : stop_.get(), POLLIN, 0},
                                 {port_ ? port_->fd() : -1, POLLIN, 0}}};
    if (machine_ && !machine_->output().empty()) waits[3].events |= POLLOUT;
    const int ready =
        ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    letters_due_ = ready < 0 || waits[0].revents != 0 || waits[1].revents != 0;
}

void wire_thread::run()
{
    ::pthread_setname_np(::pthread_self(), "wire");
    if (journal_ != nullptr && !core_.rejoins()) journal_->end(); // of a print that is over
    bool told_to_stop = false;
    while (!aborting_) {
        const time_point now = clock::now();
        traffic_.wire_beat_ms = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count();
        if (stopping_ && !told_to_stop) {
            told_to_stop = true;
            core_.stop(now);
        }
        if (!port_ && !told_to_stop && now >= next_open_) try_open(now);
        take_letters(now);
        if (port_) read_port(now);
        if (port_) {
            if (next_hello_ && now >= *next_hello_) {
                if (searching_) {
                    search_->begin(now);
                    baud_ = search_->rate();
                    (void)port_->set_baud(baud_);
                }
                begin_hello(now);
            }
            machine_->tick(now);
            take_events(now);
            look_for_baud(now);
        }
        if (reset_until_ && now >= *reset_until_) {
            reset_until_.reset();
            if (port_) (void)port_->set_reset(false);
        }
        core_.tick(now);
        look_at_store(now);
        if (port_)
            write_port(now);
        else
            follow_journal(now);
        hand_out(now);
        if (told_to_stop && core_.may_leave(now)) break;
        wait(now);
    }
    const time_point now = clock::now();
    follow_journal(now);
    if (told_to_stop) forget_descriptor(port_name);
    hand_out(now);
    news_now_ = true;
    hand_out(now);
}

} // namespace layerline::printer::serial
