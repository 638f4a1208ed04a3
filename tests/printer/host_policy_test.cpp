#include "printer/serial/heat_guard.hpp"
#include "printer/serial/line_codec.hpp"
#include "printer/serial/line_policy.hpp"
#include "printer/serial/motion_plan.hpp"

#include <catch2/catch.hpp>

using namespace layerline;
using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

line_verdict judge(std::string_view text, std::size_t fits = 82, hard_limits limits = {})
{
    return judge_line(gcode::parse_line(text), fits, limits);
}

std::vector<std::string> texts(const plan& steps)
{
    std::vector<std::string> all;
    for (const auto& step : steps)
        if (step.what == plan_step::kind::send)
            all.push_back(step.text);
        else if (step.what == plan_step::kind::heat)
            all.push_back("<heat>");
    return all;
}

} // namespace

TEST_CASE("moves are sent without their comment, in upper case")
{
    CHECK(judge("G1 X1 Y2 E.3 ; wall").text == "G1 X1 Y2 E.3");
    CHECK(judge("g1 x1").text == "G1 X1");
    CHECK(judge("N5 G1 X1*36").text == "G1 X1");
    CHECK(judge("; only words").use == line_use::skip);
    CHECK(judge("; only words").note.empty());
}

TEST_CASE("a file cannot stop, count, answer, store, reflash or print from the card")
{
    for (const char* text :
         {"M110 N0",  "M112",      "M108",    "M410",      "M876 S0",    "M28 a.gco",    "M29",
          "M928 log", "M23 a.gco", "M24",     "M30 a.gco", "M997",       "M500",         "M502",
          "M999",     "M155 S0",   "M113 S0", "M81",       "M575 B9600", "  m112 ; sly", "N4 M110 N9*3"}) {
        INFO(text);
        const auto verdict = judge(text);
        CHECK(verdict.use == line_use::skip);
        CHECK(verdict.text.empty());
        CHECK_FALSE(verdict.note.empty());
    }
}

TEST_CASE("whatever a file holds, what is sent of it can be framed as one line")
{
    const std::vector<std::string> texts{"M117 a\\b",
                                         "M117 count M110 N0",
                                         "M1100 X1",
                                         "M1101",
                                         "G1 X1 (M110 N5)",
                                         "m117 small",
                                         "M117 " + std::string(200, 'x'),
                                         "G1 X1 \\ Y2",
                                         "G1 X" + std::string(74, '0') + "1",
                                         "G1 X" + std::string(75, '0') + "1",
                                         "G1 X" + std::string(76, '0') + "1",
                                         "G1 X" + std::string(77, '0') + "1",
                                         "M117 *",
                                         "M117 \t;x",
                                         "M16 Printer",
                                         "M117",
                                         "M117   ;",
                                         "T0*5"};
    for (const std::size_t max_line : {48UL, 96UL, 256UL})
        for (const auto& text : texts) {
            const auto verdict = judge(text, text_that_fits(max_line));
            INFO(text << " as " << verdict.text);
            if (verdict.use == line_use::send) CHECK(frameable(verdict.text, max_line));
        }
    CHECK(judge("M117 count M110 N0").text == "M117 count m110 N0");
    CHECK(judge("m117 small").text == "M117 small");
    CHECK(judge("M1100 X1").use == line_use::refuse);
    CHECK(judge("G1 X" + std::string(75, '0') + "1", text_that_fits(96)).use == line_use::send);
    CHECK(judge("G1 X" + std::string(77, '0') + "1", text_that_fits(96)).use == line_use::refuse);
}

TEST_CASE("a pause in any slicer's words is a pause of the host's, never lost")
{
    for (const char* text : {"M0", "M1", "M25", "M601", "@pause", "m601"})
        CHECK(judge(text).use == line_use::pause);
    CHECK(judge("@pause Insert nut").note == "Insert nut");
    CHECK(judge("M602").text.empty());
}

TEST_CASE("motors and stored macros are not a file's to switch")
{
    for (const char* text :
         {"M84 S60", "M18 S1", "M85 S60", "M86 S60", "M98 P\"x.g\"", "M810 G1 X1|M112", "M819"}) {
        const auto verdict = judge(text);
        INFO(text);
        CHECK(verdict.use == line_use::skip);
        CHECK_FALSE(verdict.note.empty());
    }
    CHECK(judge("M84").text == "M84"); // at the end of a file
    CHECK(judge("M84 X Y").text == "M84 X Y");
}

TEST_CASE("a command with a blank in it is a line that would be lost, and is refused")
{
    for (const char* text : {"G 1 X5", "M 110 N0", "T 1", "g  28"}) {
        INFO(text);
        CHECK(judge(text).use == line_use::refuse);
    }
    CHECK(judge("MACRO 1").use == line_use::skip);
}

TEST_CASE("tuning a heater is held to the limits of that heater")
{
    const hard_limits limits{.tool_c = 280, .bed_c = 100, .chamber_c = {}};
    CHECK(judge("M303 E0 S200", 80, limits).use == line_use::send);
    CHECK(judge("M303 E0 S300", 80, limits).use == line_use::refuse);
    CHECK(judge("M303 E-1 S120", 80, limits).use == line_use::refuse);
}

TEST_CASE("every command of the table is judged by its row, not sent as it is")
{
    for (const auto& row : policy_table()) {
        const auto verdict = judge(std::string(1, row.letter) + std::to_string(row.number) + " S10");
        INFO(row.letter << row.number);
        if (row.rule == line_rule::drop) CHECK(verdict.text.empty());
        if (row.rule == line_rule::host_wait) CHECK(verdict.use == line_use::wait);
    }
}

TEST_CASE("messages to hosts never reach the wire, where they could pass for answers")
{
    for (const char* text :
         {"M118 A1 action:cancel", "M118 //action:cancel", "M118 ok", "M118 E1 busy: processing"})
        CHECK(judge(text).text.empty());
}

TEST_CASE("waits for heat become a target and a wait of the host")
{
    const auto tool = judge("M109 S205");
    CHECK(tool.use == line_use::wait);
    CHECK(tool.text == "M104 S205");
    CHECK(tool.wait.celsius == 205.0);
    CHECK_FALSE(tool.wait.cooling_too);
    const auto second = judge("M109 T1 R180.5");
    CHECK(second.text == "M104 T1 S180.5");
    CHECK(second.wait.tool == 1);
    CHECK(second.wait.cooling_too);
    CHECK(judge("M190 S60").text == "M140 S60");
    CHECK(judge("M191 S40").text == "M141 S40");
    CHECK(judge("M109").text.empty());
}

TEST_CASE("M0 and M1 are a pause with their text")
{
    CHECK(judge("M0 Change the plate").use == line_use::pause);
    CHECK(judge("M0 Change the plate").note == "Change the plate");
    CHECK(judge("M1").use == line_use::pause);
}

TEST_CASE("damage is refused loudly, foreign commands are left out and noted")
{
    using namespace std::string_view_literals;
    CHECK(judge("G1 X1\xff Y2").use == line_use::refuse);
    CHECK(judge("\0\0\0\0"sv).use == line_use::refuse);
    CHECK(judge("X10 Y10").use == line_use::refuse);
    CHECK(judge("EXCLUDE_OBJECT_START NAME=a").use == line_use::skip);
    CHECK_FALSE(judge("EXCLUDE_OBJECT_START NAME=a").note.empty());
}

TEST_CASE("what does not fit the firmware is squeezed, texts are cut, the rest refused")
{
    CHECK(judge("G1 X1 Y2 Z3 E4 F5", 14).text == "G1X1Y2Z3E4F5");
    CHECK(judge("G1 X1 Y2 Z3 E4 F5", 8).use == line_use::refuse);
    CHECK(judge("M117 a long message", 10).text == "M117 a lon");
    CHECK(judge("M117 gr\xc3\xbc\xc3\x9f dich").text == "M117 gr?? dich");
}

TEST_CASE("a file is held to the owner's hard limits only where they are set")
{
    CHECK(judge("M104 S300").use == line_use::send);
    CHECK(judge("M104 S300", 82, {.tool_c = 280, .bed_c = {}, .chamber_c = {}}).use == line_use::refuse);
    CHECK(judge("M190 S120", 82, {.tool_c = {}, .bed_c = 100, .chamber_c = {}}).use == line_use::refuse);
    CHECK(judge("M104 S9999").use == line_use::refuse);
}

TEST_CASE("a park lifts before it crosses, and crosses only what it knows")
{
    park_settings settings;
    settings.area = motion_area{0, 200, 0, 200, 180};
    settings.park = spot{5, 190};
    head_knowledge head{.at = {10.0, 20.0, 0.4, 55.5}, .homed = "xyz", .may_cross = true, .hot = true};
    paused_head saved;
    CHECK(texts(plan_park(settings, head, true, saved)) ==
          std::vector<std::string>{"G21", "G91", "M83", "G1 E-1 F2100", "G1 Z5 F600", "G90",
                                   "G1 X5 Y190 F6000", "M400"});
    CHECK((saved.lifted && saved.parked && saved.retracted));

    head.homed = "z";
    paused_head up_only;
    const auto lifted = texts(plan_park(settings, head, true, up_only));
    CHECK(std::find(lifted.begin(), lifted.end(), "G1 X5 Y190 F6000") == lifted.end());
    CHECK((up_only.lifted && !up_only.parked));

    head.homed = "xyz";
    head.may_cross = false;
    paused_head complete_objects;
    (void)plan_park(settings, head, true, complete_objects);
    CHECK_FALSE(complete_objects.parked);

    head.at.z_mm = 178;
    paused_head near_top;
    CHECK(texts(plan_park(settings, head, true, near_top))[4] == "G1 Z2 F600");

    head.at = {};
    paused_head unknown;
    CHECK(plan_park(settings, head, true, unknown).empty());
}

TEST_CASE("a resume brings back temperature, prime, XY, Z, E, feed rate and modes, in that order")
{
    paused_head saved;
    saved.at = {10.0, 20.0, 0.4, 55.5};
    saved.modes.feed_mm_min = 1800;
    saved.modes.absolute = true;
    saved.modes.absolute_e = false;
    saved.lifted = saved.parked = saved.retracted = true;
    saved.targets = {{"bed", {}, 60.0}, {"tool0", {}, 205.0}};
    CHECK(texts(plan_resume({}, saved)) == std::vector<std::string>{"M140 S60", "M104 T0 S205", "<heat>",
                                                                    "<heat>", "G21", "M83", "G1 E1 F2100",
                                                                    "G90", "G1 X10 Y20 F6000", "G1 Z0.4 F600",
                                                                    "G92 E55.5", "G1 F1800", "G90", "M83"});
}

TEST_CASE("a cancel cools first and goes nowhere but up")
{
    const auto steps =
        texts(plan_cancel({}, {.at = {1.0, 2.0, 3.0, {}}, .homed = "xyz"}, {{"tool0", 200.0, 205.0}}, true));
    CHECK(steps == std::vector<std::string>{"M104 S0", "M140 S0", "M107", "G21", "G91", "G1 Z5 F600", "G90",
                                            "M84 S600", "M400"});
    CHECK(heaters_off({{"tool0", {}, {}}, {"tool1", {}, {}}, {"chamber", {}, {}}}, true, true) ==
          std::vector<std::string>{"M104 S0", "M140 S0", "M104 T0 S0", "M104 T1 S0", "M141 S0"});
}

TEST_CASE("heaters without a job go off after 30 minutes, and only a hand renews that")
{
    heat_guard guard({});
    heat_guard::time_point now{};
    std::vector<heater_state> heaters{{"tool0", 200.0, 200.0}, {"bed", 60.0, 60.0}};
    CHECK_FALSE(guard.check(heaters, now).tools_off);
    for (int minute = 1; minute < 30; ++minute) // polls
        CHECK_FALSE(guard.check(heaters, now + std::chrono::minutes(minute)).tools_off);
    guard.touched(now + 29min);
    CHECK_FALSE(guard.check(heaters, now + 31min).bed_off);
    CHECK(guard.check(heaters, now + 59min).tools_off);
    CHECK_FALSE(guard.check(heaters, now + 59min).tools_off); // said, and not yet done
    CHECK(guard.check(heaters, now + 60min).tools_off);       // still on: said again
}

TEST_CASE("after a failed job the hotend goes off after 10 minutes, the bed after 30; a job keeps both")
{
    heat_guard guard({});
    heat_guard::time_point now{};
    std::vector<heater_state> heaters{{"tool0", 200.0, 200.0}, {"bed", 60.0, 60.0}};
    guard.set_need(heat_guard::need::job, now);
    CHECK_FALSE(guard.check(heaters, now + 10h).tools_off);
    guard.set_need(heat_guard::need::failed, now + 10h);
    CHECK_FALSE(guard.check(heaters, now + 10h + 9min).tools_off);
    const auto first = guard.check(heaters, now + 10h + 10min);
    CHECK((first.tools_off && !first.bed_off));
    heaters[0].target_c = 0;
    CHECK_FALSE(guard.check(heaters, now + 10h + 20min).tools_off);
    CHECK(guard.check(heaters, now + 10h + 30min).bed_off);
}
