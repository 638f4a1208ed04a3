// [[cameras]] of agent.toml: what is taken, what is refused and with which words.
#include "agent/configuration.hpp"

#include <catch2/catch.hpp>

using namespace layerline::agent;

namespace {

camera_address good(std::string_view url)
{
    const auto read = parse_camera_url(url);
    INFO(url);
    REQUIRE(std::holds_alternative<camera_address>(read));
    return std::get<camera_address>(read);
}

bool refused(std::string_view url)
{
    const auto read = parse_camera_url(url);
    const auto* why = std::get_if<std::string>(&read);
    return why != nullptr && why->starts_with("must ");
}

std::vector<camera_settings> read(const std::string& toml)
{
    const auto parsed = parse_configuration(toml);
    if (const auto* faults = std::get_if<std::vector<layerline::settings::settings_fault>>(&parsed))
        FAIL(faults->front().text);
    return std::get<configuration>(parsed).cameras;
}

std::string fault_of(const std::string& toml)
{
    const auto parsed = parse_configuration(toml);
    REQUIRE(std::holds_alternative<std::vector<layerline::settings::settings_fault>>(parsed));
    return std::get<std::vector<layerline::settings::settings_fault>>(parsed).front().text;
}

const std::string stream = "stream_url = \"http://127.0.0.1:8080/?action=stream\"\n";

} // namespace

TEST_CASE("a camera's address keeps its path and query, and tells neither user nor query")
{
    const auto camera = good("http://me:p%40ss@192.168.1.9:8080/cam/stream.mjpg?token=secret");
    CHECK(camera.place.host == "192.168.1.9");
    CHECK(camera.place.port == 8080);
    CHECK(camera.place.host_field == "192.168.1.9:8080");
    CHECK(camera.target == "/cam/stream.mjpg?token=secret");
    CHECK(camera.authorization == "Basic bWU6cEBzcw=="); // "me:p@ss"
    CHECK(camera.told == "http://192.168.1.9:8080/cam/stream.mjpg");
    CHECK(good("http://printer.local?action=stream").target == "/?action=stream");
    CHECK(good("http://printer.local").authorization.empty());
    CHECK(good("https://[fd00::1]/x").told == "https://[fd00::1]/x");
}

TEST_CASE("addresses that no camera may have are refused")
{
    for (const auto* url :
         {"", "camera", "/webcam", "ftp://192.168.1.9/", "rtsp://192.168.1.9/", "file:///etc/passwd",
          "http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/", "http://224.0.0.1/",
          "http://[::ffff:169.254.1.1]/", "http://host:0/", "http://host:70000/", "http://host/#there",
          "https://name.example/", "http://a_b/", "http://u%0d%0aX:b@host/"})
        CHECK(refused(url));
    CHECK(refused("http://host/" + std::string(1100, 'a')));
}

TEST_CASE("a camera is read with its turns, and may be switched off")
{
    const auto all =
        read("[[cameras]]\nname = \"Bed cam\"\nsnapshot_url = \"http://localhost/snap\"\n" + stream +
             "flip_h = true\nrotation = 270\nenabled = false\n[[cameras]]\nname = \"b\"\n" + stream);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "Bed cam");
    CHECK(all[0].snapshot->target == "/snap");
    CHECK(all[0].stream->target == "/?action=stream");
    CHECK(all[0].flip_h);
    CHECK_FALSE(all[0].flip_v);
    CHECK(all[0].rotation == 270);
    CHECK_FALSE(all[0].enabled);
    CHECK(all[1].enabled);
    CHECK_FALSE(all[1].snapshot);
    CHECK(read("").empty());
}

TEST_CASE("a camera that cannot be is told with what is wrong with it")
{
    const auto camera = [](const std::string& more) { return fault_of("[[cameras]]\n" + more); };
    CHECK(camera(stream) == "cameras entry 1: needs a name");
    CHECK(camera("name = \"a\"\n") == "cameras entry 1: needs a snapshot_url or a stream_url");
    CHECK(camera("name = \"a\"\nrotation = 45\n" + stream) ==
          "cameras entry 1: rotation must be 0, 90, 180 or 270");
    CHECK(camera("name = \"a;b\"\n" + stream).find("entry 1: name must be") != std::string::npos);
    CHECK(camera("name = \"a\"\nstream_url = \"http://169.254.1.1/\"\n")
              .find("stream_url must not be a link-local") != std::string::npos);
    CHECK(camera("name = \"a\"\ncolour = 1\n" + stream).find("unknown key colour") != std::string::npos);
    CHECK(camera("name = \"a\"\n" + stream + "[[cameras]]\nname = \"a\"\n" + stream) ==
          "cameras has two entries named \"a\"");
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += "[[cameras]]\nname = \"c" + std::to_string(i) + "\"\n" + stream;
    CHECK(fault_of(many) == "cameras must have at most 16 entries");
}
