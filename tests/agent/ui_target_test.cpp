// The allow-list of local UIs: what an owner may write, and where a target may never be.
#include "agent/configuration.hpp"
#include "agent/ui_target.hpp"

#include <catch2/catch.hpp>

using namespace layerline::agent;

namespace {

ui_target good(std::string_view url)
{
    auto read = parse_ui_url(url);
    INFO(url);
    REQUIRE(std::holds_alternative<ui_target>(read));
    return std::get<ui_target>(read);
}

std::string wrong(std::string_view url)
{
    auto read = parse_ui_url(url);
    INFO(url);
    REQUIRE(std::holds_alternative<std::string>(read));
    return std::get<std::string>(read);
}

std::string first_fault(const std::string& toml)
{
    const auto read = parse_configuration(toml);
    REQUIRE(std::holds_alternative<std::vector<layerline::settings::settings_fault>>(read));
    return std::get<std::vector<layerline::settings::settings_fault>>(read).front().text;
}

} // namespace

TEST_CASE("a target's address is taken apart into scheme, host, port and path")
{
    auto t = good("http://127.0.0.1:7125/server");
    CHECK_FALSE(t.tls);
    CHECK(t.host == "127.0.0.1");
    CHECK(t.port == 7125);
    CHECK(t.host_field == "127.0.0.1:7125");
    CHECK(t.base == "/server/");
    t = good("http://Octopi.Local");
    CHECK(t.host == "octopi.local");
    CHECK(t.port == 80);
    t = good("https://192.168.1.9");
    CHECK(t.tls);
    CHECK(t.port == 443);
    CHECK(t.host_field == "192.168.1.9");
    CHECK(t.base == "/");
    t = good("http://[::1]:80/");
    CHECK(t.host == "::1");
    CHECK(t.host_field == "[::1]");
}

TEST_CASE("anything but a plain http or https address is no target")
{
    for (const auto* bad : {"",
                            "127.0.0.1",
                            "ftp://127.0.0.1/",
                            "ws://127.0.0.1/",
                            "http://",
                            "http://user@127.0.0.1/",
                            "http://127.0.0.1/?x=1",
                            "http://127.0.0.1/#f",
                            "http://127.0.0.1:0/",
                            "http://127.0.0.1:70000/",
                            "http://127.0.0.1:80x/",
                            "http://a_b/",
                            "http://-a/",
                            "http://127.0.0.1/a//b",
                            "http://127.0.0.1/../x",
                            "http://127.0.0.1/a%2fb",
                            "https://octopi.local/",
                            "file:///etc/passwd",
                            "unix:/run/x.sock",
                            "http://127.0.0.1/\r\nX: y"})
        CHECK_FALSE(wrong(bad).empty());
}

TEST_CASE("no target is at a link-local, multicast or unspecified address, however it is written")
{
    for (const auto* bad :
         {"http://169.254.169.254/", "http://169.254.0.1:80/", "http://0.0.0.0/", "http://224.0.0.1/",
          "http://255.255.255.255/", "http://[fe80::1]/", "http://[febf::1]/", "http://[ff02::1]/",
          "http://[::]/", "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/",
          "http://[64:ff9b::169.254.169.254]/", "http://[::169.254.169.254]/"})
        CHECK(wrong(bad) == "must not be a link-local, multicast or unspecified address");
    for (const auto* fine :
         {"127.0.0.1", "192.168.1.5", "10.0.0.1", "::1", "fd12::5", "::ffff:127.0.0.1", "fec0::1"})
        CHECK(ui_address_allowed(fine));
    for (const auto* bad :
         {"169.254.1.1", "fe80::1", "fe80::1%eth0", "not an address", "", "127.1", "0x7f.1"})
        CHECK_FALSE(ui_address_allowed(bad));
}

TEST_CASE("agent.toml lists the targets, one of them for what no other takes")
{
    const auto read =
        parse_configuration("[[ui.target]]\nname = \"mainsail\"\nurl = \"http://127.0.0.1\"\n"
                            "[[ui.target]]\nname = \"camera\"\nurl = \"http://127.0.0.1:8080/\"\n"
                            "path_prefix = \"/webcam/\"\ntell_caller = false\n");
    REQUIRE(std::holds_alternative<configuration>(read));
    const auto& all = std::get<configuration>(read).uis;
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "mainsail");
    CHECK(all[0].prefix == "/");
    CHECK(all[0].tell_caller);
    CHECK(all[1].prefix == "/webcam/");
    CHECK_FALSE(all[1].tell_caller);
    CHECK(all[1].host_field == "127.0.0.1:8080");
}

TEST_CASE("a mistake in the list of targets is told with its entry")
{
    const std::string good_one = "[[ui.target]]\nname = \"a\"\nurl = \"http://127.0.0.1\"\n";
    CHECK(first_fault("[[ui.target]]\nname = \"a\"\n") == "ui.target entry 1: needs a name and a url");
    CHECK(first_fault(good_one + "[[ui.target]]\nname = \"B\"\n") ==
          "ui.target entry 2: name must be 1-32 of a-z, 0-9 and \"-\"");
    CHECK(first_fault(good_one + "[[ui.target]]\nnmae = \"b\"\n") == "ui.target entry 2: unknown key nmae");
    CHECK(first_fault(good_one + "path_prefix = \"webcam\"\n") ==
          "ui.target entry 1: path_prefix must begin and end with \"/\", with plain letters, digits, dashes "
          "and "
          "dots between");
    CHECK(first_fault(good_one + good_one) == "ui.target has two entries named \"a\"");
    CHECK(first_fault(good_one + "[[ui.target]]\nname = \"b\"\nurl = \"http://127.0.0.1\"\n") ==
          "ui.target has two entries for the path_prefix \"/\"");
    CHECK(first_fault("[ui]\ntarget = 5\n") == "ui.target must be sections of their own: [[ui.target]]");
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += "[[ui.target]]\nname = \"n" + std::to_string(i) +
                "\"\nurl = \"http://127.0.0.1\"\npath_prefix = \"/" + std::to_string(i) + "/\"\n";
    CHECK(first_fault(many) == "ui.target must have at most 16 entries");
}
