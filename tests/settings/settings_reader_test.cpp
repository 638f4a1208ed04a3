#include "settings/settings_reader.hpp"

#include <catch2/catch.hpp>

using namespace layerline::settings;

namespace {

struct read_settings {
    std::uint16_t port = 1;
    bool on = false;
    std::map<std::string, std::string> folders;
    std::vector<settings_fault> faults;

    explicit read_settings(std::string_view toml)
    {
        settings_reader reader;
        reader.whole("listen.port", port, 1, 65535);
        reader.flag("on", on);
        reader.named_texts("folders", [this](const std::string& name, const std::string& folder) {
            if (!folder.starts_with('/')) return std::string("must be a whole path");
            folders.emplace(name, folder);
            return std::string();
        });
        faults = reader.read(toml);
    }
    std::string said() const { return describe(faults, "a.toml"); }
};

} // namespace

TEST_CASE("known keys get their values, and sections of the owner's own names each of theirs")
{
    const read_settings all(
        "on = true\n[listen]\nport = 80\n[folders]\nparts = \"/srv/parts\"\n\"two words\" = \"/x\"\n");
    CHECK(all.said().empty());
    CHECK(all.on);
    CHECK(all.port == 80);
    CHECK(all.folders == std::map<std::string, std::string>{{"parts", "/srv/parts"}, {"two words", "/x"}});
}

TEST_CASE("every fault has its line and its whole key, unknown sections each of their keys")
{
    const read_settings all("on = 1\n[lisen]\nport = 80\naddress = \"::\"\n[folders]\nparts = \"here\"\n"
                            "more = 3\n[listen]\nport = 65536\n[empty]\n");
    CHECK(all.said() == "a.toml:1: on must be true or false\n"
                        "a.toml:3: unknown key lisen.port\n"
                        "a.toml:4: unknown key lisen.address\n"
                        "a.toml:6: folders.parts must be a whole path\n"
                        "a.toml:7: folders.more must be a text in quotes\n"
                        "a.toml:9: listen.port must be a whole number from 1 to 65535\n"
                        "a.toml:10: unknown key empty");
    CHECK(all.port == 1);
    CHECK(read_settings("listen = 3\n").said() == "a.toml:1: listen must be a section: [listen]");
    CHECK(read_settings("folders = 3\n").said() == "a.toml:1: folders must be a section: [folders]");
    CHECK(read_settings("[listen\n").faults.size() == 1);
}
