// The messages between the print host and its clients.
#include "printer/serial/host_messages.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace layerline::printer;
using namespace layerline::printer::serial;

namespace {

std::string_view without_newline(const std::string& line)
{
    REQUIRE(!line.empty());
    REQUIRE(line.back() == '\n');
    REQUIRE(line.find('\n') == line.size() - 1);
    return std::string_view(line).substr(0, line.size() - 1);
}

host_request round_trip(const host_request& request)
{
    const std::string line = encode_request(request);
    auto read = decode_request(without_newline(line));
    REQUIRE(read.has_value());
    return *read;
}

template <class Action>
Action action_round_trip(Action what)
{
    return std::get<Action>(std::get<action>(round_trip({7, action(what), {}}).what));
}

std::string refusal(std::string_view line)
{
    const auto read = decode_request(line);
    if (read.has_value()) return "accepted";
    CHECK(read.error().code == printer_errc::out_of_range);
    return read.error().detail;
}

host_reply reply_round_trip(const host_reply& reply)
{
    const std::string line = encode_reply(reply);
    auto read = decode_from_host(without_newline(line));
    REQUIRE(read.has_value());
    return std::get<host_reply>(*read);
}

} // namespace

TEST_CASE("every action survives the wire to the print host")
{
    CHECK(action_round_trip(start_job{"gcode/a b.gcode", true}).path == "gcode/a b.gcode");
    CHECK(action_round_trip(start_job{"gcode/a.gcode", true}).bed_clear);
    CHECK(action_round_trip(list_card{250}).first == 250);
    CHECK_FALSE(action_round_trip(pause_job{false}).park);
    action_round_trip(resume_job{});
    action_round_trip(cancel_job{});
    const auto home = action_round_trip(home_axes{true, false, true});
    CHECK((home.x && !home.y && home.z));
    CHECK(action_round_trip(set_temperature{"bed", 60.5}).celsius == 60.5);
    action_round_trip(confirm_bed_clear{});
    action_round_trip(emergency_stop{});
    const auto stop = action_round_trip(emergency_stop{true, true, "psu"});
    CHECK((stop.break_waits && stop.reset_board && stop.power_device == "psu"));
    // Whatever stands beside it, it is a stop.
    for (const auto* odd : {R"("reset_board":1)", R"("power_device":{})", R"("break_waits":"yes")"})
        CHECK(decode_request(R"({"id":1,"do":"emergency_stop",)" + std::string(odd) + "}").has_value());
    const auto move = action_round_trip(move_axis{'z', -0.5, 300.0});
    CHECK(move.axis == 'z');
    CHECK(move.distance_mm == -0.5);
    CHECK(move.feed_mm_min == 300.0);
    CHECK_FALSE(action_round_trip(move_axis{'x', 1, {}}).feed_mm_min);
    const auto extrude = action_round_trip(extrude_filament{1, 5, {}});
    CHECK(extrude.tool == 1);
    CHECK(extrude.distance_mm == 5);
    CHECK(action_round_trip(set_fan{0.5}).share == 0.5);
    CHECK(action_round_trip(set_speed{1.5}).factor == 1.5);
    CHECK(action_round_trip(set_flow{0.9}).factor == 0.9);
    CHECK(action_round_trip(babystep{0.02}).z_mm == 0.02);
    action_round_trip(release_motors{});
    action_round_trip(level_bed{});
    CHECK(action_round_trip(set_light{"case", true}).on);
    CHECK(action_round_trip(set_power{"psu", false}).device == "psu");
    CHECK(action_round_trip(run_gcode{"M115"}).text == "M115");
    const auto macro = action_round_trip(run_macro{"PARK", {{"X", "10"}, {"Y", "5"}}});
    CHECK(macro.name == "PARK");
    CHECK(macro.parameters == std::vector<std::pair<std::string, std::string>>{{"X", "10"}, {"Y", "5"}});
    CHECK(action_round_trip(exclude_object{"cube"}).name == "cube");
    CHECK(action_round_trip(answer_prompt{2}).choice == 2);
    CHECK(std::holds_alternative<ask_state>(round_trip({1, ask_state{}, {}}).what));
    CHECK(std::holds_alternative<ask_capabilities>(round_trip({1, ask_capabilities{}, {}}).what));
}

TEST_CASE("the terms of an action survive the wire")
{
    terms how;
    how.time_left = std::chrono::milliseconds(1500);
    how.expected_state = phase::paused;
    how.expected_job = "j-1";
    how.idempotency_key = "abc-1_Z";
    how.principal = "token:cron";
    const auto read = round_trip({std::numeric_limits<std::uint64_t>::max(), action(resume_job{}), how});
    CHECK(read.id == std::numeric_limits<std::uint64_t>::max());
    CHECK(read.how.time_left == how.time_left);
    CHECK(read.how.expected_state == how.expected_state);
    CHECK(read.how.expected_job == how.expected_job);
    CHECK(read.how.idempotency_key == how.idempotency_key);
    CHECK(read.how.principal == how.principal);
}

TEST_CASE("time that has run out is told as none left, not as a huge number")
{
    terms how;
    how.time_left = std::chrono::milliseconds(-5);
    CHECK(round_trip({1, action(resume_job{}), how}).how.time_left == std::chrono::milliseconds(0));
}

TEST_CASE("a malformed request is refused with the field's name")
{
    CHECK(refusal("").find("JSON") != std::string::npos);
    CHECK(refusal("{").find("JSON") != std::string::npos);
    CHECK(refusal("[1]").find("JSON") != std::string::npos);
    CHECK(refusal(R"({"do":"resume"})").find("id") != std::string::npos);
    CHECK(refusal(R"({"id":-1,"do":"resume"})").find("id") != std::string::npos);
    CHECK(refusal(R"({"id":1})").find("do") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"explode"})").find("do") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"start"})").find("path") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"start","path":"a","bed_clear":1})").find("bed_clear") !=
          std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"home","axes":"xx"})").find("axes") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"home","axes":""})").find("axes") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"home","axes":"e"})").find("axes") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"set_temperature","heater":"bed"})").find("celsius") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"set_temperature","heater":"bed","celsius":"9"})").find("celsius") !=
          std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"move_axis","axis":"e","distance_mm":1})").find("axis") !=
          std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"move_axis","axis":"x"})").find("distance_mm") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"set_light","name":"a"})").find("on") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"run_macro","name":"a","parameters":{"x":1}})").find("parameters") !=
          std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"run_gcode","text":"\u0000"})").find("text") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"resume","key":"a b"})").find("key") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"resume","key":""})").find("key") != std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"resume","time_left_ms":1e300})").find("time_left_ms") !=
          std::string::npos);
    CHECK(refusal(R"({"id":1,"do":"resume","expected_state":"x"})").find("expected_state") !=
          std::string::npos);
    CHECK(refusal(std::string(max_host_message + 1, ' ')).find("64 KiB") != std::string::npos);
    CHECK(refusal(std::string(60000, '[')).find("JSON") != std::string::npos);
}

TEST_CASE("replies survive the wire")
{
    const auto done = std::get<performed>(reply_round_trip({3, performed{"j-1", "note", true, "T:20"}}).what);
    CHECK(done.job_id == "j-1");
    CHECK(done.note == "note");
    CHECK(done.reply == "T:20");
    CHECK(done.repeated);
    CHECK_FALSE(std::get<performed>(reply_round_trip({3, performed{}}).what).job_id);
    CHECK_FALSE(std::get<performed>(reply_round_trip({3, performed{}}).what).card);

    performed listed;
    listed.card = card_page{{{"card/A.GCO", "a \"long\" name", 62}, {"card/B.GCO", "", {}}}, 9};
    CHECK(std::get<performed>(reply_round_trip({3, listed}).what).card == listed.card);
    // As much as a listing may hold fits a message, whatever is in the names.
    listed.card->files.assign(max_card_files, {"card/" + std::string(max_card_text / max_card_files - 6, '"'),
                                               "\"", std::numeric_limits<std::uint64_t>::max()});
    CHECK(encode_reply({3, listed}).size() < max_host_message);

    const auto failure =
        std::get<printer_failure>(reply_round_trip({3, printer_failure{printer_errc::late, ""}}).what);
    CHECK(failure.code == printer_errc::late);
    CHECK(failure.detail == row_of(printer_errc::late).text);

    link_capabilities can{true, true, 260.0, std::nullopt, std::nullopt};
    const auto read = std::get<link_capabilities>(reply_round_trip({3, can}).what);
    CHECK((read.serial && read.emergency_parser && read.max_tool_c == 260.0 && !read.max_bed_c));

    printer_state state;
    state.now = phase::idle;
    CHECK(std::get<printer_state>(reply_round_trip({3, state}).what) == state);
    const std::string event = encode_event({state});
    const auto told = decode_from_host(without_newline(event));
    REQUIRE(told.has_value());
    CHECK(std::get<host_event>(*told).state == state);
}

TEST_CASE("a failure that a newer print host invented keeps its sentence")
{
    const auto read = decode_from_host(R"({"id":1,"error":{"name":"on_fire","detail":"Smoke."}})");
    REQUIRE(read.has_value());
    const auto failure = std::get<printer_failure>(std::get<host_reply>(*read).what);
    CHECK(failure.code == printer_errc::host_failure);
    CHECK(failure.detail == "Smoke.");
}

TEST_CASE("no state is too large for a message, whatever the firmware said")
{
    printer_state state;
    const std::string nasty(100000, '\x01');
    state.reason = nasty;
    state.homed = nasty;
    state.heaters.assign(1000, heater_state{nasty, -1.23456789012345e-300, -1.23456789012345e-300});
    state.job = job_state{};
    state.job->id = state.job->path = nasty;
    state.firmware = firmware_info{nasty, nasty, nasty, std::vector<std::string>(1000, nasty)};
    state.wants = attention{nasty, nasty};
    CHECK(encode_event({state}).size() <= max_host_message);
    CHECK(decode_from_host(without_newline(encode_event({state}))).has_value());
    state.reason = "\xff\xfe broken utf-8";
    CHECK(encode_event({state}).find("broken") != std::string::npos);
}

TEST_CASE("a reply of the wrong shape is refused")
{
    for (const char* line :
         {R"({"id":1})", R"({"ok":{}})", R"({"id":1,"ok":3})", R"({"event":"x","state":{}})",
          R"({"event":"state"})", R"({"id":1,"error":{}})", R"({"id":1,"state":[]})"}) {
        INFO(line);
        CHECK_FALSE(decode_from_host(line).has_value());
    }
}
