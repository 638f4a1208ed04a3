// Moonraker's answers about files, and the frame of an upload, as values.
#include "commands/moonraker_files.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace layerline::commands;
using layerline::printer::printer_errc;
using nlohmann::json;

namespace {

virtual_path at(std::string_view text)
{
    return std::get<virtual_path>(parse_virtual_path(text));
}

std::string refusal(const std::string& message)
{
    return json{{"error", {{"code", 400}, {"message", message}, {"traceback", "/home/pi/secret"}}}}.dump();
}

} // namespace

TEST_CASE("names become addresses in which nothing means anything", "[moonraker_files]")
{
    CHECK(moonraker_file_target(at("gcode/sub dir/a?b#c%.gcode")) ==
          "/server/files/gcodes/sub%20dir/a%3Fb%23c%25.gcode");
    CHECK(moonraker_folder_target(at("gcode")) == "/server/files/directory?path=gcodes");
    CHECK(moonraker_folder_target(at("gcode/a&b")) == "/server/files/directory?path=gcodes%2Fa%26b");
    CHECK(moonraker_metadata_target(at("gcode/s/\xC3\xA4.gcode")) ==
          "/server/files/metadata?filename=s%2F%C3%A4.gcode");
    CHECK(moonraker_thumbnail_target(at("gcode/s/a.gcode"), ".thumbs/a-32x32.png") ==
          "/server/files/gcodes/s/.thumbs/a-32x32.png");
    CHECK(moonraker_thumbnail_target(at("gcode/a.gcode"), ".thumbs/a b.png") ==
          "/server/files/gcodes/.thumbs/a%20b.png");
}

TEST_CASE("a listing holds what a virtual path can name, by name and up to a bound", "[moonraker_files]")
{
    const json answer{
        {"result",
         {{"dirs", json::array({{{"dirname", "sub"}, {"modified", 12.9}}, {{"dirname", ".thumbs"}}})},
          {"files", json::array({{{"filename", "b.gcode"}, {"size", 7}, {"modified", 1615578004.9}},
                                 {{"filename", "../x.gcode"}, {"size", 1}},
                                 {{"filename", 5}, {"size", 1}},
                                 {{"filename", "a.gcode"}, {"size", -1}, {"modified", "x"}}})}}}};
    const auto all = parse_moonraker_folder(answer.dump(), 10);
    REQUIRE(all);
    REQUIRE(all->entries.size() == 3);
    CHECK_FALSE(all->truncated);
    CHECK(all->entries[0].name == "a.gcode");
    CHECK(all->entries[0].size_bytes == 0);
    CHECK(all->entries[1].name == "b.gcode");
    CHECK(all->entries[1].size_bytes == 7);
    CHECK(all->entries[1].modified_unix == 1615578004);
    CHECK(all->entries[2].folder);
    CHECK(all->entries[2].modified_unix == 12);
    const auto some = parse_moonraker_folder(answer.dump(), 2);
    REQUIRE(some);
    CHECK(some->entries.size() == 2);
    CHECK(some->truncated);
    for (const auto* bad : {"", "[]", "{}", "{\"result\":5}", "{\"result\":{\"dirs\":[]}}", "nonsense"})
        CHECK_FALSE(parse_moonraker_folder(bad, 10));
}

TEST_CASE("what Moonraker read of a print, and its pictures, the smallest first", "[moonraker_files]")
{
    const json answer{
        {"result",
         {{"size", 1629418},
          {"slicer", "PrusaSlicer\n"},
          {"slicer_version", "2.7.1"},
          {"object_height", 8},
          {"estimated_time", 5947},
          {"nozzle_diameter", 0.4},
          {"layer_height", 0.2},
          {"first_layer_height", 0.25},
          {"first_layer_extr_temp", 215},
          {"first_layer_bed_temp", 60},
          {"chamber_temp", nullptr},
          {"layer_count", 40},
          {"filament_type", "PLA"},
          {"filament_total", 9159.55},
          {"filament_weight_total", 27.32},
          {"thumbnails",
           {{{"width", 400}, {"height", 300}, {"size", 6}, {"relative_path", ".thumbs/big.png"}},
            {{"width", 32}, {"height", 32}, {"size", 1}, {"relative_path", ".thumbs/a.png"}},
            {{"width", 8}, {"height", 8}, {"size", 1}, {"relative_path", "../../etc/passwd"}},
            {{"width", 8}, {"height", 8}, {"size", 1}, {"relative_path", "/etc/passwd"}},
            {{"width", 0}, {"height", 8}, {"size", 1}, {"relative_path", ".thumbs/b.png"}}}}}}};
    const auto known = parse_moonraker_metadata(answer.dump());
    REQUIRE(known);
    CHECK(known->print.slicer == "PrusaSlicer");
    CHECK(known->print.estimated_s == 5947);
    CHECK(known->print.layers == 40);
    CHECK(known->print.filament_mm == Approx(9159.55));
    CHECK(known->print.hotend_c == 215);
    CHECK(known->print.bed_c == 60);
    CHECK_FALSE(known->print.chamber_c);
    CHECK(known->print.thumbnails == 2);
    REQUIRE(known->thumbnails.size() == 2);
    CHECK(known->thumbnails[0].relative == ".thumbs/a.png");
    CHECK(known->thumbnails[1].width_px == 400);
    CHECK_FALSE(parse_moonraker_metadata("{\"result\":{}}"));
    CHECK_FALSE(parse_moonraker_metadata("5"));
}

TEST_CASE("refusals become failures that tell no path of Moonraker's machine", "[moonraker_files]")
{
    const auto code = [](unsigned status, const std::string& message) {
        const auto why = failure_of_moonraker(status, refusal(message));
        CHECK(why.detail.find("/home") == std::string::npos);
        return why.code;
    };
    CHECK(code(401, "Unauthorized") == printer_errc::port_forbidden);
    CHECK(code(403, "Forbidden") == printer_errc::file_in_use);
    CHECK(code(404, "Not Found") == printer_errc::no_such_file);
    CHECK(code(400, "Directory does not exist (/home/pi/gcodes/x)") == printer_errc::no_such_file);
    CHECK(code(400, "Cannot write to path: /home/pi") == printer_errc::refused);
    CHECK(code(413, "Request Entity Too Large") == printer_errc::out_of_range);
    CHECK(code(422, "Unprocessable Entity") == printer_errc::refused);
    CHECK(code(502, "Bad Gateway") == printer_errc::host_gone);
    CHECK(code(500, "Unable to save file") == printer_errc::refused);
    CHECK(failure_of_moonraker(500, refusal("Unable to save file")).detail ==
          "Moonraker refused (HTTP 500): Unable to save file");
    CHECK(failure_of_moonraker(500, "<html>").detail == "Moonraker refused (HTTP 500).");
}

TEST_CASE("ranges as they are told", "[moonraker_files]")
{
    const auto part = parse_content_range("bytes 5-9/10");
    REQUIRE(part);
    CHECK(part->first == 5U);
    CHECK(part->size == 10);
    const auto none = parse_content_range("bytes */10");
    REQUIRE(none);
    CHECK_FALSE(none->first);
    for (const auto* bad : {"", "bytes 5-9", "bytes 5-10/10", "bytes 9-5/10", "bytes 5-9/*", "bytes -9/10",
                            "items 5-9/10", "bytes 5-9/99999999999999999999"})
        CHECK_FALSE(parse_content_range(bad));
}

TEST_CASE("the frame of an upload names folder and file, and ends with the checksum", "[moonraker_files]")
{
    const upload_frame frame(at("gcode/sub dir/a \"b\".gcode"), "b0undary");
    CHECK(frame.content_type() == "multipart/form-data; boundary=b0undary");
    CHECK(frame.before().find("name=\"root\"\r\n\r\ngcodes\r\n") != std::string::npos);
    CHECK(frame.before().find("name=\"path\"\r\n\r\nsub dir\r\n") != std::string::npos);
    CHECK(frame.before().find("filename=\"a \\\"b\\\".gcode\"\r\n") != std::string::npos);
    const auto after = frame.after(std::string(64, 'a'));
    CHECK(after.size() == frame.after_bytes());
    CHECK(after.ends_with("\r\n--b0undary--\r\n"));
    CHECK(upload_frame(at("gcode/a.gcode"), "b").before().find("name=\"path\"") == std::string::npos);
}
