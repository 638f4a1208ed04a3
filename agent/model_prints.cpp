#include "agent/model_prints.hpp"

#include "access/private_file.hpp"
#include "commands/file_use.hpp"
#include "transport/edge_fields.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace layerline::agent {

namespace net = transport::net;
using commands::fail;
using commands::outcome;
using commands::print_stage;
using nlohmann::json;
using transport::task;

namespace {

constexpr std::size_t longest_kept = std::size_t{8} << 20U;

std::int64_t now_unix()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

commands::failure not_there()
{
    return fail(404, "There is no such print from a model; an ended one is kept for an hour.");
}

} // namespace

model_prints::model_prints(net::io_context& context, places at, printer::printer_link& printer,
                           commands::file_store& files, access::audit_log& audit, model_print_limits limits)
    : context_(context), at_(std::move(at)), printer_(printer), audit_(audit), limits_(limits),
      carrier_(context, at_.socket, printer, files, limits.each,
               {[this] { return keep(); }, [this] { tell(); }}),
      bell_(context)
{
    read_kept();
}

model_prints::~model_prints()
{
    at_.disk->join();
}

void model_prints::read_kept()
{
    const auto kept = access::read_private_file(at_.file, longest_kept);
    if (!kept && kept.error() == boost::system::errc::no_such_file_or_directory) return;
    auto read = kept ? parse_kept_prints(kept->content) : std::nullopt;
    if (!read) {
        spdlog::warn("the prints from models in {} cannot be read; those that were under way are forgotten",
                     at_.file.string());
        return;
    }
    for (auto& one : *read) {
        printer::terms how;
        how.principal = one.who.principal;
        how.principal_name = one.who.name;
        how.peer = one.who.peer;
        if (!one.key.empty()) how.idempotency_key = std::move(one.key);
        auto known = std::make_shared<print>(std::move(one.now), std::move(one.who), std::move(how));
        known->carried = false;
        known->ended_unix = one.ended_unix;
        const std::chrono::seconds ago(now_unix() - one.ended_unix);
        known->ended = transport::clock::now() - std::clamp(ago, std::chrono::seconds::zero(), limits_.keep);
        all_.push_back(std::move(known));
    }
}

void model_prints::resume()
{
    for (const auto& one : all_) {
        if (one->now.over()) continue;
        spdlog::info("going on with the print of {} from a model, as far as its start", one->now.wish().path);
        one->now.carried_anew();
        one->carried = one->resumed = true;
        set_out(one);
    }
}

void model_prints::set_out(const std::shared_ptr<print>& one)
{
    auto ending = [this, one](std::exception_ptr thrown) {
        --at_work_;
        over(one, std::move(thrown));
    };
    ++at_work_;
    net::co_spawn(context_, carrier_.carry(one),
                  net::bind_cancellation_slot(one->end.slot(), std::move(ending)));
}

void model_prints::beside(task<void> what)
{
    ++at_work_;
    net::co_spawn(context_, std::move(what), [this](const std::exception_ptr&) { --at_work_; });
}

outcome<json> model_prints::begin(commands::model_wish wish, const commands::caller& who, printer::terms how)
{
    forget_old();
    if (how.idempotency_key)
        for (const auto& one : all_)
            if (one->who.principal == who.principal && one->how.idempotency_key == how.idempotency_key) {
                auto told = one->now.told();
                told["Repeated"] = true;
                return outcome<json>(boost::system::in_place_value, std::move(told));
            }
    const auto carried =
        std::count_if(all_.begin(), all_.end(), [](const auto& one) { return one->carried; });
    if (stopping_ || static_cast<std::size_t>(carried) >= limits_.at_once)
        return fail(503, "As many prints from models as are carried at once are under way; wait for one.");
    if (commands::is_in_use(printer_.state(), wish.path))
        return fail(409, "A file of that name is being printed; give another Name.");
    how.time_left.reset(); // of the call, which is over long before the start
    commands::model_print fresh("p-" + transport::new_request_id(), std::move(wish));
    auto one = std::make_shared<print>(std::move(fresh), who, std::move(how));
    all_.push_back(one);
    auto told = one->now.told();
    told["Repeated"] = false;
    set_out(one);
    tell();
    return outcome<json>(boost::system::in_place_value, std::move(told));
}

outcome<json> model_prints::look(const std::string& id, const commands::caller& who)
{
    const auto one = find(id, who);
    if (!one) return not_there();
    return outcome<json>(boost::system::in_place_value, one->now.told());
}

outcome<json> model_prints::cancel(const std::string& id, const commands::caller& who)
{
    const auto one = find(id, who);
    if (!one) return not_there();
    if (auto why = one->now.cancel()) return fail(409, std::move(*why));
    tell();
    beside(keep()); // an agent that is ended now would go on with it
    if (one->carried && !one->asking_slice) one->end.emit(net::cancellation_type::terminal);
    return outcome<json>(boost::system::in_place_value, one->now.told());
}

json model_prints::look_all(const commands::caller& who)
{
    forget_old();
    auto all = json::array();
    for (const auto& one : all_)
        if (one->who.principal == who.principal) all.push_back(one->now.told());
    return all;
}

task<transport::result<void>> model_prints::changed(std::uint64_t known)
{
    auto sequence = [this] { return sequence_; };
    co_return co_await bell_.changed(sequence, known);
}

void model_prints::stop()
{
    stopping_ = true;
    for (const auto& one : all_)
        if (one->carried) one->end.emit(net::cancellation_type::terminal);
    bell_.stop();
}

void model_prints::tell()
{
    ++sequence_;
    bell_.ring();
}

task<void> model_prints::keep()
{
    std::vector<kept_model_print> all;
    for (const auto& one : all_)
        all.push_back({one->now, one->who, one->how.idempotency_key.value_or(""), one->ended_unix});
    auto write = [file = at_.file, text = text_of(all)] { return access::write_private_file(file, text); };
    const auto failed = co_await at_.disk->run(std::move(write));
    if (failed)
        spdlog::warn("the prints from models cannot be written to {}: {}", at_.file.string(),
                     failed.message());
}

void model_prints::over(const std::shared_ptr<print>& one, std::exception_ptr thrown)
{
    auto& now = one->now;
    one->carried = false;
    // The disk has the stage it was in: the next agent goes on from there. The stop itself makes failures.
    if (stopping_ && (!now.over() || now.stage() == print_stage::failed)) return;
    if (thrown && !now.over()) {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& bug) {
            now.fail(750, "The agent failed inside: " + std::string(bug.what()));
        }
    }
    one->ended = transport::clock::now();
    one->ended_unix = now_unix();
    tell();
    audit(*one);
    beside(keep());
    if (stopping_) return;
    const bool well = now.stage() == print_stage::started || now.stage() == print_stage::sent;
    if (!well && !now.slice().empty()) beside(carrier_.drop_slice(one));
}

void model_prints::audit(const print& one)
{
    const auto& now = one.now;
    access::audit_entry entry;
    entry.who = one.who.principal;
    entry.name = one.who.name;
    entry.peer = one.who.peer;
    entry.action = "model.print";
    entry.target = now.wish().path;
    const bool well = now.stage() == print_stage::started || now.stage() == print_stage::sent;
    entry.outcome = well          ? "ok"
                    : now.fault() ? std::to_string(now.fault()->status)
                                  : std::string(commands::name_of(now.stage()));
    if (now.fault()) entry.detail = now.fault()->text;
    (void)audit_.write(entry);
}

void model_prints::forget_old()
{
    const auto now = transport::clock::now();
    std::erase_if(all_, [&](const auto& one) {
        return one->now.over() && !one->carried && one->ended + limits_.keep <= now;
    });
    while (all_.size() > limits_.kept + limits_.at_once) {
        const auto oldest =
            std::find_if(all_.begin(), all_.end(), [](const auto& one) { return !one->carried; });
        if (oldest == all_.end()) return;
        all_.erase(oldest);
    }
}

std::shared_ptr<model_prints::print> model_prints::find(const std::string& id, const commands::caller& who)
{
    forget_old();
    for (const auto& one : all_)
        if (one->now.id() == id && one->who.principal == who.principal) return one;
    return nullptr;
}

} // namespace layerline::agent
