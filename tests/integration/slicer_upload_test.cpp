// A slicer's upload, as its HTTP library sends it, on the LAN and through the relay, to the printer.
#include "rig.hpp"

#include <catch2/catch.hpp>

using namespace layerline::tests;
using nlohmann::json;

namespace {

web_answer upload(const std::string& base, const std::string& key, const std::string& name, bool print)
{
    web_request asked;
    asked.method = "POST";
    asked.url = base + "/api/files/local";
    asked.headers.set("x-api-key", key);
    asked.headers.set("content-type", "multipart/form-data; boundary=------------------------4ebf00fbcf09");
    const std::string mark = "--------------------------4ebf00fbcf09";
    asked.body =
        mark + "\r\nContent-Disposition: form-data; name=\"print\"\r\n\r\n" + (print ? "true" : "false") +
        "\r\n" + mark + "\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n\r\n" + mark +
        "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
        "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + small_job(200) + "\r\n" + mark + "--\r\n";
    return web(asked);
}

web_answer get(const std::string& base, const std::string& key, const std::string& path)
{
    web_request asked;
    asked.url = base + path;
    asked.headers.set("x-api-key", key);
    return web(asked);
}

} // namespace

TEST_CASE("a slicer uploads and prints with its key, through the relay and on the LAN", "[slicer]")
{
    rig at;
    at.start_all();
    const auto through = at.make_relay_token("view,files,control").secret;
    CHECK(json::parse(get(at.printer_url(), through, "/api/version").body).at("api") == "0.1");
    const auto printed = upload(at.printer_url(), through, "from slicer.gcode", true);
    CAPTURE(printed.body);
    CHECK(printed.status == 201); // a fresh installation's bed is clear
    CHECK(at.becomes([&] {
        const auto job = json::parse(get(at.printer_url(), through, "/api/job").body);
        return job.at("job").at("file").at("name") == "from slicer.gcode" &&
               job.at("state") == "Operational" && job.at("progress").at("completion") == 100;
    }));

    const auto here = at.make_agent_token("view,files,control").secret;
    const auto kept = upload(at.agent_url(), here, "second.gcode", true);
    CHECK(kept.status == 409); // nobody has looked at the bed since
    CHECK(json::parse(kept.body).at("error").get<std::string>().find("stored") != std::string::npos);
    CHECK(get(at.agent_url(), here, "/api/files/local").body.find("second.gcode") != std::string::npos);
}

TEST_CASE("a slicer's key opens slicers' calls alone, and a wrong one opens nothing", "[slicer]")
{
    rig at;
    at.start_all();
    const auto through = at.make_relay_token("view,files,control").secret;
    const auto here = at.make_agent_token("view,files,control").secret;
    CHECK(get(at.printer_url(), through, "/plugin-api/v1/status").status == 606);
    CHECK(get(at.agent_url(), here, "/plugin-api/v1/status").status == 401);
    CHECK(get(at.printer_url(), "ll_wrong", "/api/version").status == 606);
    CHECK(get(at.agent_url(), "ll_wrong", "/api/version").status == 401);
    CHECK(upload(at.printer_url(), "", "a.gcode", false).status == 606);
    const auto reader = at.make_relay_token("view").secret;
    CHECK(upload(at.printer_url(), reader, "a.gcode", false).status == 403);
    CHECK(get(at.agent_url(), here, "/api/files").body.find("a.gcode") == std::string::npos);
}
