// What hooks and scripts hear of a printer, state after state.
#include "agent/printer_events.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace layerline;
using namespace layerline::agent;
using printer::phase;

namespace {

// The events of these phases in a row, the first being what was found.
std::vector<std::string> heard(const std::vector<phase>& phases)
{
    printer_events events;
    std::vector<std::string> all;
    for (const auto now : phases) {
        printer::printer_state state;
        state.now = now;
        for (const auto name : events.take(state))
            all.emplace_back(name);
    }
    return all;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a print begins, pauses, goes on and ends")
{
    CHECK(heard({phase::idle, phase::printing, phase::pausing, phase::paused, phase::resuming,
                 phase::printing, phase::finished, phase::idle}) ==
          names{"print_started", "print_paused", "print_resumed", "print_finished"});
    CHECK(heard({phase::idle, phase::printing, phase::cancelling, phase::cancelled, phase::idle}) ==
          names{"print_started", "print_cancelled"});
    CHECK(heard({phase::printing, phase::error}) == names{"print_failed"});
    CHECK(heard({phase::idle, phase::error}) == names{"printer_stopped"});
}

TEST_CASE("what was under way before anybody looked is no news")
{
    for (const auto found : {phase::printing, phase::paused, phase::finished, phase::error, phase::offline})
        CHECK(heard({found, found}).empty());
}

TEST_CASE("a print that goes on behind a lost connection neither ends nor begins with it")
{
    CHECK(heard({phase::printing, phase::offline, phase::connecting, phase::printing, phase::finished}) ==
          names{"printer_offline", "printer_online", "print_finished"});
    CHECK(heard({phase::printing, phase::offline, phase::error}) ==
          names{"printer_offline", "printer_online", "print_failed"});
    CHECK(heard({phase::offline, phase::idle}) == names{"printer_online"});
}

TEST_CASE("what the printer asks for is told once")
{
    printer_events events;
    printer::printer_state state;
    state.now = phase::paused;
    (void)events.take(state);
    state.wants = printer::attention{"runout", "No filament."};
    CHECK(events.take(state) == std::vector<std::string_view>{"attention"});
    CHECK(events.take(state).empty());
    state.wants->text = "Still none.";
    CHECK(events.take(state).size() == 1);
    state.wants.reset();
    CHECK(events.take(state).empty());
    const auto all = printer_event_names();
    CHECK(std::find(all.begin(), all.end(), "attention") != all.end());
}
