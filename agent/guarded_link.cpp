// Policy before, audit after.
#include "agent/guarded_link.hpp"

#include <cmath>
#include <string>
#include <utility>

namespace layerline::agent {

namespace {

struct described {
    std::string action, target;
};

struct describer {
    described operator()(const printer::start_job& a) const { return {"printer.start", a.path}; }
    described operator()(const printer::pause_job&) const { return {"printer.pause", ""}; }
    described operator()(const printer::resume_job&) const { return {"printer.resume", ""}; }
    described operator()(const printer::cancel_job&) const { return {"printer.cancel", ""}; }
    described operator()(const printer::home_axes&) const { return {"printer.home", ""}; }
    described operator()(const printer::set_temperature& a) const
    {
        return {"printer.set_temperature", a.heater + " " + std::to_string(std::lround(a.celsius))};
    }
    described operator()(const printer::confirm_bed_clear&) const { return {"printer.bed_clear", ""}; }
    described operator()(const printer::emergency_stop&) const { return {"printer.emergency_stop", ""}; }
};

} // namespace

transport::task<printer::printer_result<printer::performed>> guarded_link::perform(printer::action what,
                                                                                   printer::terms how)
{
    access::audit_entry entry;
    auto words = std::visit(describer{}, what);
    entry.who = how.principal;
    entry.name = how.principal_name;
    entry.peer = how.peer;
    entry.action = std::move(words.action);
    entry.target = std::move(words.target);
    if (auto why = owner_.forbids(what)) {
        entry.outcome = "forbidden_by_policy";
        entry.detail = why->detail;
        (void)audit_.write(entry);
        co_return *std::move(why);
    }
    // The emergency stop is written down after it went out: nothing may hold it up.
    auto done = co_await inner_.perform(std::move(what), std::move(how));
    if (done.has_value()) {
        entry.outcome = done->repeated ? "repeated" : "ok";
    } else {
        entry.outcome = std::string(printer::row_of(done.error().code).name);
        entry.detail = done.error().detail;
    }
    (void)audit_.write(entry);
    co_return done;
}

} // namespace layerline::agent
