// The emergency stop: sent ahead of everything, then, for as long as the printer does not confirm it, what
// the owner allowed beyond it, one step after the other; and at the end the truth about all of it.
#include "printer/serial/host_core.hpp"

#include <algorithm>
#include <vector>

namespace layerline::printer::serial {

namespace {

enum class rung : std::uint8_t { break_waits, reset_board, power_off };

std::vector<rung> rungs_of(const emergency_stop& allowed)
{
    std::vector<rung> all;
    if (allowed.break_waits) all.push_back(rung::break_waits);
    if (allowed.reset_board) all.push_back(rung::reset_board);
    if (!allowed.power_device.empty()) all.push_back(rung::power_off);
    return all;
}

std::string joined(const std::vector<std::string>& all)
{
    std::string text;
    for (std::size_t at = 0; at < all.size(); ++at)
        text += (at == 0 ? "" : ", then ") + all[at];
    return text;
}

} // namespace

host_core::outcome host_core::do_emergency_stop(const emergency_stop& allowed, std::uint64_t ticket,
                                                time_point now)
{
    if (!port_open_)
        return printer_failure{away_,
                               "the port is gone, the stop could not be sent: cut the printer's power"};
    // Twice at most: what is already waiting stops the printer as well.
    if (std::count(urgent_.begin(), urgent_.end(), "M112") < 2) urgent_.push_front("M112");
    stops_.push_back(ticket);
    if (!ladder_) {
        ladder_ = stop_ladder{allowed, now, 0, {}};
        if (!has("EMERGENCY_PARSER"))
            log(true,
                "an emergency stop was sent; the firmware has no emergency parser and may read it late");
    }
    if (starting_) {
        effects_.push_back(source_to_drop{std::move(starting_->source)});
        answer(starting_->ticket,
               printer_failure{printer_errc::refused, "an emergency stop came before the print began"});
        starting_.reset();
        gate_.not_begun();
        keep();
    }
    bed_was(bed_event::stopped);
    end_hand_calls({printer_errc::refused, "an emergency stop came"});
    aside_.clear();
    plan_.clear();
    goal_ = goal::none;
    if (job_active())
        end_job(phase::error, "failed", "stopped by an emergency stop", now);
    else
        set_phase(phase::error, "stopped by an emergency stop", now);
    return std::monostate{};
}

// One step beyond the stop itself.
void host_core::climb(std::size_t step)
{
    switch (rungs_of(ladder_->allowed).at(step)) {
    case rung::break_waits:
        // Both are read as early as M112, and may end a wait or a move that keeps the firmware from it.
        urgent_.emplace_back("M108");
        urgent_.emplace_back("M410");
        ladder_->told.emplace_back("M108 and M410 were sent");
        break;
    case rung::reset_board:
        effects_.push_back(board_to_reset{}); // board_reset() tells how it went
        break;
    case rung::power_off:
        if (ladder_->allowed.power_device == "psu" && has("SOFTWARE_POWER")) {
            urgent_.emplace_back("M81");
            ladder_->told.emplace_back("M81 was sent to switch the power supply off");
        } else {
            ladder_->told.push_back("there is no power device \"" + ladder_->allowed.power_device +
                                    "\" at this printer");
        }
        break;
    }
    if (!ladder_->told.empty()) log(true, "the emergency stop is not confirmed: " + ladder_->told.back());
}

void host_core::board_reset(const printer_result<void>& how)
{
    if (!ladder_) return;
    ladder_->told.push_back(how ? std::string("the board was reset by its DTR line")
                                : "the board could not be reset: " + how.error().detail);
}

void host_core::end_stops(bool confirmed, const std::string& note)
{
    for (const auto ticket : stops_) {
        performed done{.job_id = job_ ? std::optional(job_->id) : std::nullopt, .note = note};
        done.confirmed = confirmed;
        answer(ticket, std::move(done));
    }
    stops_.clear();
    ladder_.reset();
}

void host_core::stop_confirmed(const char* by)
{
    if (!ladder_) return;
    std::string note;
    if (!ladder_->told.empty())
        note = "the stop alone was not confirmed; " + joined(ladder_->told) + "; " + by;
    end_stops(true, note);
}

void host_core::check_stop_confirm(time_point now)
{
    if (!ladder_) return;
    const auto steps = rungs_of(ladder_->allowed).size();
    while (ladder_->done < steps &&
           now - ladder_->since >= settings_.stop_step * static_cast<int>(ladder_->done + 1))
        climb(ladder_->done++);
    if (now - ladder_->since < settings_.stop_step * static_cast<int>(steps) + settings_.stop_confirm) return;
    std::string note = "the printer did not confirm the stop";
    if (!has("EMERGENCY_PARSER"))
        note +=
            "; its firmware has no emergency parser and may read the stop only after the commands that it "
            "already has";
    if (!ladder_->told.empty()) note += "; " + joined(ladder_->told);
    note += ": cut its power if it goes on";
    end_stops(false, note);
}

} // namespace layerline::printer::serial
