// Prints that the printer makes from its own card, begun at its panel or by us: noticed, shown, paused and
// ended. The printer drives them; our lines beside them are few.
#include "printer/serial/host_core.hpp"

#include "printer/serial/card_reply.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>
#include <cstdio>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

namespace {

// How often it is asked how far the card's print is, and whether there is one.
constexpr auto ask_idle = 5s, ask_printing = 2s;
// "Not SD printing" so often, and it is over; once may be between two files or in a pause that begins.
constexpr int times_gone = 3;
// In place of a name that is not known.
constexpr std::string_view unnamed = "(chosen at the printer)";

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

std::string id_of(time_point now)
{
    char text[24];
    std::snprintf(text, sizeof text, "j-%016llx",
                  static_cast<unsigned long long>(now.time_since_epoch().count()));
    return text;
}

} // namespace

phase host_core::card_phase() const
{
    if (card_->ending) return phase::cancelling;
    return card_->paused ? phase::paused : card_->pausing ? phase::pausing : phase::printing;
}

void host_core::card_begins(time_point now)
{
    card_ = card_print{};
    card_->job.id = id_of(now);
    card_->job.path = std::string(card_root) +
                      plain_ascii(card_file_.empty() ? unnamed : std::string_view(card_file_), 255);
    // Found in the middle: firmware that can tell which file it is is asked.
    if (card_file_.empty() && !family().ask_card_file.empty()) aside_.emplace_back(family().ask_card_file);
    card_->since = now;
    reason_ = "the printer prints from its own card";
    bed_was(bed_event::printed);
    guard_.set_need(heat_guard::need::job, now);
    log(false, "a print from the printer's own card: " + card_->job.path);
}

// Which file the print that was found under way is of.
void host_core::card_named(const std::string& name)
{
    if (!card_ || card_->job.path != std::string(card_root) + std::string(unnamed)) return;
    card_file_ = plain_ascii(name, 255);
    card_->job.path = std::string(card_root) + card_file_;
}

void host_core::card_ends(phase how, const std::string& why, time_point now)
{
    if (!card_) return;
    job_ = card_->job;
    if (how == phase::finished) {
        job_->progress = 1;
        if (job_->size_bytes) job_->done_bytes = job_->size_bytes;
    }
    elapsed_ = now - card_->since;
    card_.reset();
    card_file_.clear();
    card_position_.reset();
    end_prompt();
    set_phase(how, why, now);
}

// Whether `text` was about the card.
bool host_core::card_says(const std::string& text, time_point now)
{
    const auto what = card_reply::parse(text);
    if (!what) return false;
    std::visit(overloaded{[&](const card_reply::position& at) { card_position(at.done, at.size, now); },
                          [&](const card_reply::not_printing&) { card_not_printing(now); },
                          [&](const card_reply::paused&) {
                              if (card_) card_->paused = true;
                          },
                          [&](const card_reply::opened& file) {
                              if (!file.name.empty()) card_file_ = file.name;
                              if (!opening_ || !file.size) return; // "Now fresh file" is no success yet
                              opening_->opened = true;
                              opening_->size = file.size;
                          },
                          [&](const card_reply::not_opened&) {
                              card_file_.clear();
                              if (opening_) opening_->refused = true;
                          },
                          [&](const card_reply::selected&) {
                              if (opening_) opening_->opened = true;
                          },
                          [&](const card_reply::current& file) { card_named(file.name); },
                          [&](const card_reply::ended&) { card_ends(phase::finished, {}, now); },
                          [&](const card_reply::list_begins&) {}, [&](const card_reply::list_ends&) {},
                          [&](const card_reply::started_there&) {
                              if (stands_idle() && !card_) card_begins(now);
                          }},
               *what);
    return true;
}

void host_core::card_position(std::uint64_t done, std::uint64_t size, time_point now)
{
    if (job_active() || size == 0) return;
    const auto before = std::exchange(card_position_, done);
    // A file that was only chosen stands still; one that is being read moves on.
    if (!card_ && before && done > *before) card_begins(now);
    if (!card_) return;
    card_->missing = 0;
    if (card_->paused && before && done > *before) card_->paused = card_->pausing = false;
    card_->job.size_bytes = size;
    card_->job.done_bytes = done; // of lines read: no progress is made of it
}

void host_core::card_not_printing(time_point now)
{
    card_position_.reset();
    if (!card_ || card_->paused || card_->pausing) {
        if (card_ && card_->pausing) card_->paused = true;
        if (card_ && card_->ending) card_ends(phase::cancelled, reason_, now);
        return;
    }
    if (card_->ending) return card_ends(phase::cancelled, reason_, now);
    if (++card_->missing < times_gone) return;
    const bool whole = card_->job.size_bytes && card_->job.done_bytes == card_->job.size_bytes;
    card_ends(whole ? phase::finished : phase::cancelled, whole ? "" : "the print was ended at the printer",
              now);
}

// A host action while the card prints; whether it was one of these.
bool host_core::card_action(std::string_view word, time_point now)
{
    if (!card_) return false;
    if (word == "pause" || word == "paused") {
        card_->paused = true;
        reason_ = "paused at the printer";
    } else if (word == "resume" || word == "resumed") {
        card_->paused = card_->pausing = false;
        reason_ = "the printer prints from its own card";
        end_prompt();
    } else if (word == "cancel")
        card_ends(phase::cancelled, "the print was ended at the printer", now);
    else
        return false;
    return true;
}

host_core::outcome host_core::pause_card()
{
    if (card_phase() != phase::printing) return wrong_state("only a print under way can be paused");
    aside_.emplace_back("M25");
    card_->pausing = true;
    reason_ = "paused by request";
    return performed{.job_id = card_->job.id,
                     .note = "the printer drives this print itself; it was told to pause"};
}

host_core::outcome host_core::resume_card(time_point now)
{
    if (card_phase() != phase::paused) return wrong_state("only a paused print can be resumed");
    // Firmware that parks holds M25 back until somebody answers it, and reads nothing else meanwhile.
    if (waits_for_person(now) || (wants_ && asker_ == asker::firmware && wants_->kind == "prompt"))
        return resume_firmware(now);
    aside_.emplace_back("M24");
    card_->paused = card_->pausing = false;
    reason_ = "the printer prints from its own card";
    return performed{.job_id = card_->job.id, .note = {}};
}

host_core::outcome host_core::cancel_card(const std::string& who, time_point now)
{
    if (card_->ending) return wrong_state("there is no print to cancel");
    const bool held = waits_for_person(now) || (wants_ && asker_ == asker::firmware);
    if (held && has("EMERGENCY_PARSER")) urgent_.emplace_back("M108");
    if (family().cuts_sd_print)
        aside_.emplace_back("M524");
    else {
        aside_.emplace_back("M25");
        aside_.emplace_back("M26 S0");
    }
    for (auto& command : heaters_off(heaters_, true, true))
        aside_.push_back(std::move(command));
    aside_.emplace_back("M107");
    aside_.emplace_back("M27");
    card_->ending = true;
    card_->paused = card_->pausing = false;
    reason_ = who.empty() ? "cancelled by request" : "cancelled by " + who;
    return performed{.job_id = card_->job.id, .note = {}};
}

void host_core::poll_card(time_point now)
{
    if (!connected_ || !(card_ || has_card()) || job_active() || starting_ || goal_ != goal::none ||
        console_ || waits_for_person(now) || listing_ || !in_flight_.empty() || !aside_.empty())
        return;
    if (now - last_card_poll_ < (card_ ? ask_printing : ask_idle)) return;
    last_card_poll_ = now;
    aside_.emplace_back("M27");
}

} // namespace layerline::printer::serial
