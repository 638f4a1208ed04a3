// The files of the printer's own card: listed, and one of them chosen and begun. Each is a question to the
// firmware, and only what it answers counts.
#include "printer/serial/host_core.hpp"

#include "printer/serial/card_reply.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/line_policy.hpp"

#include <algorithm>

namespace layerline::printer::serial {

using namespace std::chrono_literals;

namespace {

// Some firmware says ok first and the rest afterwards; what has not come by then will not come.
constexpr auto after_ok = 2s;
constexpr auto list_within = 20s; // a thousand files at 115,200 baud take some four
constexpr auto answer_margin = 200ms;

} // namespace

bool host_core::has_card() const
{
    return has("SDCARD") || has("EXTENDED_M20");
}

bool host_core::may_have_card() const
{
    return has_card() || !family().tells_card;
}

host_core::outcome host_core::do_list_card(const host_call& request, time_point now)
{
    if (!connected_) return away_failure();
    if (!may_have_card())
        return printer_failure{printer_errc::unsupported,
                               "this printer has no card of its own that its firmware told of"};
    // Reading it takes the firmware's time from whatever it does.
    if (job_active() || card_ || starting_) return wrong_state("the card is not read during a print");
    if (goal_ != goal::none) return wrong_state("the printer is still moving by an earlier command");
    if (listing_) return printer_failure{printer_errc::refused, "the card is being read for somebody else"};
    auto until = now + list_within;
    if (request.deadline) until = std::min(until, *request.deadline - answer_margin);
    listing_ = card_listing{
        .ticket = request.ticket, .first = std::get<list_card>(request.what).first, .until = until};
    return std::monostate{};
}

std::optional<printer_failure> host_core::no_card_start(const start_job& what) const
{
    if (!may_have_card())
        return printer_failure{printer_errc::unsupported,
                               "this printer has no card of its own that its firmware told of"};
    const auto name = std::string_view(what.path).substr(card_root.size());
    if (!good_card_name(name) || !frameable("M23 " + std::string(name), settings_.max_line))
        return printer_failure{
            printer_errc::out_of_range,
            "the path of a file of the card is card/ and a name as the card's list tells it"};
    return std::nullopt;
}

// The next command that a listing or a start of the card's file needs.
std::optional<std::string> host_core::next_card_question()
{
    if (listing_ && !listing_->tag) return std::string(family().list_card);
    if (opening_ && !opening_->tag)
        return "M23 " + std::get<start_job>(starting_->what).path.substr(card_root.size());
    return std::nullopt;
}

void host_core::card_question_sent(std::uint64_t tag)
{
    if (listing_ && !listing_->tag)
        listing_->tag = tag;
    else if (opening_)
        opening_->tag = tag;
}

void host_core::card_question_taken(std::uint64_t tag, time_point now)
{
    if (listing_ && listing_->tag == tag) listing_->taken_at = now;
    if (opening_ && opening_->tag == tag) opening_->taken_at = now;
}

// Whether `text` belongs to the list that was asked for.
bool host_core::listed(const std::string& text)
{
    if (!listing_ || !listing_->tag) return false;
    auto& list = *listing_;
    if (const auto what = card_reply::parse(text)) {
        const bool begins = std::holds_alternative<card_reply::list_begins>(*what);
        const bool ends = std::holds_alternative<card_reply::list_ends>(*what);
        list.begun = list.begun || begins;
        list.ended = list.ended || (list.begun && ends);
        return begins || ends;
    }
    if (!list.begun || list.ended) return false;
    const auto entry = card_reply::parse_entry(text);
    if (!entry) return false;
    auto& page = list.page;
    if (++page.total <= list.first) return true;
    card_file file{std::string(card_root) + entry->path, plain_ascii(entry->name, 255), entry->bytes};
    list.text += file.path.size() + file.name.size();
    if (page.files.size() < max_card_files && list.text <= max_card_text)
        page.files.push_back(std::move(file));
    return true;
}

void host_core::check_listing(time_point now)
{
    if (!listing_) return;
    auto& list = *listing_;
    std::optional<printer_failure> why;
    if (list.ended && list.taken_at) {
        // A card that was put in later may have to be mounted first.
        if (list.page.total == 0 && !list.mounted) {
            aside_.emplace_back("M21");
            list = card_listing{
                .ticket = list.ticket, .first = list.first, .until = list.until, .mounted = true};
            return;
        }
        answer(list.ticket, performed{.job_id = {}, .card = std::move(list.page)});
        listing_.reset();
        return;
    }
    if (list.taken_at && now - *list.taken_at >= after_ok && !list.begun) {
        if (!list.mounted) {
            aside_.emplace_back("M21");
            list = card_listing{
                .ticket = list.ticket, .first = list.first, .until = list.until, .mounted = true};
            return;
        }
        why = printer_failure{printer_errc::refused, "the printer told no list: there may be no card in it"};
    } else if (now >= list.until)
        why = list.tag ? printer_failure{printer_errc::no_answer,
                                         "the printer did not list its card to the end in time"}
                       : printer_failure{printer_errc::late, "the printer was busy; it was not asked"};
    if (!why) return;
    answer(list.ticket, *std::move(why));
    listing_.reset();
}

// A start of the card's file: M24 goes out only behind a file that the firmware said it opened.
void host_core::check_opening(time_point now)
{
    if (!opening_ || !starting_) return;
    const auto& path = std::get<start_job>(starting_->what).path;
    if (opening_->refused)
        return card_start_failed(
            {printer_errc::no_such_file, "the printer cannot open " + path + " on its card"});
    if (starting_->deadline && now > *starting_->deadline)
        return card_start_failed(
            {printer_errc::late, "the printer did not open the file in time, so it was not begun"});
    if (!opening_->taken_at) {
        if (now >= opening_->until)
            card_start_failed({printer_errc::late, "the printer was busy, so the print was not begun"});
        return;
    }
    if (!opening_->opened) {
        if (now - *opening_->taken_at >= after_ok)
            card_start_failed(
                {printer_errc::refused, "the printer did not say that it opened " + path + " on its card"});
        return;
    }
    const auto request = *std::exchange(starting_, std::nullopt);
    const auto size = std::exchange(opening_, std::nullopt)->size;
    if (phase_ != phase::idle) set_phase(phase::idle, {}, now);
    card_file_ = std::get<start_job>(request.what).path.substr(card_root.size());
    card_begins(now);
    card_->job.id = request.job_id;
    card_->job.size_bytes = size;
    card_->job.done_bytes = 0;
    aside_.emplace_back("M24");
    answer(request.ticket,
           performed{.job_id = request.job_id, .note = "the printer prints it by itself, from its own card"});
}

// Nothing was begun: the bed is as it was.
void host_core::card_start_failed(printer_failure why)
{
    const auto ticket = std::exchange(starting_, std::nullopt)->ticket;
    opening_.reset();
    card_file_.clear();
    gate_.not_begun();
    keep();
    answer(ticket, std::move(why));
}

void host_core::end_card_calls(const printer_failure& why)
{
    if (listing_) answer(listing_->ticket, why);
    listing_.reset();
    if (opening_ && starting_) card_start_failed(why);
}

} // namespace layerline::printer::serial
