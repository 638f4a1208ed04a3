// Policy before, audit after.
#include "agent/guarded_link.hpp"

#include <cmath>
#include <string>
#include <utility>

namespace layerline::agent {

namespace {

template <class... Each>
struct overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

std::string on_or_off(const std::string& name, bool on)
{
    return name + (on ? " on" : " off");
}

// What it was done to, for the log; empty where the action says all.
std::string target_of(const printer::action& what)
{
    return std::visit(overloaded{
                          [](const printer::start_job& a) { return a.path; },
                          [](const printer::set_temperature& a) {
                              return a.heater + " " + std::to_string(std::lround(a.celsius));
                          },
                          [](const printer::move_axis& a) {
                              return std::string(1, a.axis) + " " + std::to_string(a.distance_mm);
                          },
                          [](const printer::extrude_filament& a) {
                              return "tool" + std::to_string(a.tool) + " " + std::to_string(a.distance_mm);
                          },
                          [](const printer::set_light& a) { return on_or_off(a.name, a.on); },
                          [](const printer::set_power& a) { return on_or_off(a.device, a.on); },
                          [](const printer::run_gcode& a) { return a.text; },
                          [](const printer::run_macro& a) { return a.name; },
                          [](const printer::exclude_object& a) { return a.name; },
                          [](const auto&) { return std::string(); },
                      },
                      what);
}

} // namespace

transport::task<printer::printer_result<printer::performed>> guarded_link::perform(printer::action what,
                                                                                   printer::terms how)
{
    access::audit_entry entry;
    entry.who = how.principal;
    entry.name = how.principal_name;
    entry.peer = how.peer;
    entry.action = "printer." + std::string(printer::name_of(what));
    entry.target = target_of(what);
    if (auto why = owner_.forbids(what)) {
        entry.outcome = "forbidden_by_policy";
        entry.detail = why->detail;
        (void)audit_.write(entry);
        co_return *std::move(why);
    }
    // Whatever a caller put there: only the owner says what a stop may do beyond itself.
    if (auto* stop = std::get_if<printer::emergency_stop>(&what)) *stop = owner_.emergency;
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
