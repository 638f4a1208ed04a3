// The status result, and the tables of statuses.
#include "commands/status_result.hpp"

#include "tests/commands/api_desk.hpp"

#include <array>
#include <set>

using namespace layerline::commands;
using layerline::printer::phase;
using layerline::printer::printer_errc;

TEST_CASE("each phase has its name in the status result")
{
    const std::array<std::pair<phase, const char*>, 11> names{{{phase::offline, "error"},
                                                               {phase::connecting, "error"},
                                                               {phase::idle, "idle"},
                                                               {phase::printing, "printing"},
                                                               {phase::pausing, "printing"},
                                                               {phase::paused, "paused"},
                                                               {phase::resuming, "resuming"},
                                                               {phase::cancelling, "printing"},
                                                               {phase::finished, "complete"},
                                                               {phase::cancelled, "cancelled"},
                                                               {phase::error, "error"}}};
    for (const auto& [now, name] : names)
        CHECK(status_state_of(in_phase(now)) == name);
}

TEST_CASE("a print that still heats up is warming up")
{
    auto state = printing("gcode/a.gcode");
    state.heaters = {{"tool0", 40, 210}};
    CHECK(status_state_of(state) == "warmingup");
    state.heaters[0].actual_c = 208;
    CHECK(status_state_of(state) == "printing");
    state.heaters[0].actual_c = 190; // dropped in mid-print
    state.job->layer = 3;
    CHECK(status_state_of(state) == "printing");
}

TEST_CASE("what is unknown is null, never 0 or -1")
{
    const auto result = status_result(in_phase(phase::idle), 52);
    const auto& print = result.at("JobStatus").at("CurrentPrint");
    for (const char* name :
         {"Progress", "DurationSec", "TimeLeftSec", "FileName", "CurrentLayer", "TotalLayers"})
        CHECK(print.at(name).is_null());
    for (const auto& [name, value] : print.at("Temps").items())
        CHECK(value.is_null());
    CHECK(result.at("PlatformVersion").is_null());
    CHECK(result.at("Layerline").at("AgeMs").is_null());
    CHECK(result.at("Layerline").at("Port").is_null());
    CHECK(result.at("Layerline").at("JobId").is_null());
}

TEST_CASE("a print under way is told with its units")
{
    auto state = printing("gcode/folder/part.gcode");
    state.heaters = {{"tool0", 209.987, 210}, {"bed", 60.004, 60}, {"tool1", 25, 0}};
    state.job->progress = 0.4256;
    state.port = layerline::printer::port_state{"/dev/ttyUSB0", 250000, true};
    CHECK(status_result(state, 0).at("Layerline").at("Port").at("Baud") == 250000);
    state.job->elapsed_s = 61.9;
    state.job->left_s = 1e12;
    state.job->layer = 3;
    state.job->layers = 120;
    state.job->resends = 2;
    state.age_ms = 120;
    const auto result = status_result(state, 52);
    const auto& print = result.at("JobStatus").at("CurrentPrint");
    CHECK(print.at("Progress") == 42.56);
    CHECK(print.at("DurationSec") == 61);
    CHECK(print.at("TimeLeftSec") == 2147483600);
    CHECK(print.at("FileName") == "part.gcode");
    CHECK(print.at("CurrentLayer") == 3);
    CHECK(print.at("Temps").at("HotendActual") == 209.99);
    CHECK(print.at("Temps").at("BedActual") == 60.0);
    CHECK(print.at("Temps").at("ChamberActual").is_null());
    CHECK(result.at("Layerline").at("JobId") == "j-0123456789abcdef");
    CHECK(result.at("Layerline").at("Heaters").size() == 3);
    CHECK(result.at("Layerline").at("AgeMs") == 120);
    CHECK(result.at("Layerline").at("Resends") == 2);
}

TEST_CASE("a printer that is away is told by cause, with what was known last")
{
    const std::array<std::pair<printer_errc, int>, 7> causes{{{printer_errc::port_gone, 785},
                                                              {printer_errc::silent, 785},
                                                              {printer_errc::host_gone, 785},
                                                              {printer_errc::halted, 785},
                                                              {printer_errc::port_held, 787},
                                                              {printer_errc::too_many_clients, 787},
                                                              {printer_errc::port_forbidden, 789}}};
    for (const auto& [cause, status] : causes) {
        api_desk desk;
        auto state = printing("gcode/a.gcode");
        state.now = phase::offline;
        state.away = cause;
        state.age_ms = 90000;
        desk.printer.become(state);
        const auto told = desk.call("GET", "status");
        CHECK(told->http() == 200);
        CHECK(told->status() == status);
        CHECK(told->cause() == layerline::printer::row_of(cause).name);
        CHECK_FALSE(told->error().empty());
        CHECK(told->body.at("Result").at("Layerline").at("AgeMs") == 90000);
        CHECK(told->body.at("Result").at("Layerline").at("Connected") == false);
        CHECK(told->body.at("Result").at("JobStatus").at("CurrentPrint").at("FileName") == "a.gcode");
    }
    CHECK_FALSE(failure_of_away(in_phase(phase::error)));
    CHECK(failure_of_away(in_phase(phase::connecting))->status == 785);
}

TEST_CASE("every printer error reaches the caller under its own status")
{
    std::set<printer_errc> seen;
    for (const auto& row : printer_status_table) {
        seen.insert(row.cause);
        api_desk desk;
        desk.printer.answers = [&](const auto&) {
            return layerline::printer::printer_failure{row.cause, "What happened."};
        };
        const auto told = desk.call("POST", "resume");
        CHECK(told->http() == (row.status == 403 ? 403 : 200));
        CHECK(told->status() == row.status);
        if (row.status == 200) {
            CHECK(told->body.at("Result").at("Repeated") == true);
            continue;
        }
        CHECK(told->error() == "What happened.");
        CHECK(told->cause() == layerline::printer::row_of(row.cause).name);
        CHECK_FALSE(told->body.at("Cause").at("Advice").get<std::string>().empty());
        CHECK(told->body.at("Cause").at("Hop") == name_of(row.at));
    }
    CHECK(seen.size() == layerline::printer::printer_error_table().size());
}
