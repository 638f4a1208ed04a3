#include "cli/settings.hpp"

#include "cmake/toml.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

namespace layerline::cli {

namespace {

constexpr std::size_t max_file_bytes = 64UL * 1024;

std::filesystem::path default_file(const std::function<const char*(const char*)>& environment)
{
    if (const auto* base = environment("XDG_CONFIG_HOME"); base != nullptr && *base != '\0')
        return std::filesystem::path(base) / "layerline" / "cli.toml";
    if (const auto* home = environment("HOME"); home != nullptr && *home != '\0')
        return std::filesystem::path(home) / ".config" / "layerline" / "cli.toml";
    return {};
}

// Reads the file's keys into what is still empty; the text of the first fault, or nothing.
std::string read_file(const std::filesystem::path& file, settings& into)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) return file.string() + ": cannot be read";
    std::string all(max_file_bytes + 1, '\0');
    in.read(all.data(), static_cast<std::streamsize>(all.size()));
    all.resize(static_cast<std::size_t>(in.gcount()));
    if (all.size() > max_file_bytes) return file.string() + ": larger than 64 KiB";
    toml::table document;
    try {
        document = toml::parse(all, file.string());
    } catch (const toml::parse_error& fault) {
        return file.string() + ":" + std::to_string(fault.source().begin.line) + ": " +
               std::string(fault.description());
    }
    for (const auto& [key, value] : document) {
        const auto at = file.string() + ":" + std::to_string(value.source().begin.line) + ": ";
        const auto name = key.str();
        if (name == "allow_insecure") {
            if (!value.is_boolean()) return at + "allow_insecure must be true or false";
            into.allow_insecure = into.allow_insecure || *value.value<bool>();
            continue;
        }
        if (name != "url" && name != "token" && name != "printer" && name != "ca_file")
            return at + "unknown key " + std::string(name);
        if (!value.is_string()) return at + std::string(name) + " must be a text in quotes";
        const auto text = *value.value<std::string>();
        if (name == "url" && into.url.empty()) into.url = text;
        if (name == "token" && into.token.empty()) into.token = text;
        if (name == "printer" && into.printer.empty()) into.printer = text;
        if (name == "ca_file" && into.ca_file.empty()) into.ca_file = text;
    }
    return {};
}

} // namespace

std::string settings::base() const
{
    auto base = url;
    while (!base.empty() && base.back() == '/')
        base.pop_back();
    return printer.empty() ? base : base + "/printers/" + printer;
}

std::variant<settings, settings_fault> resolve(const flags& given,
                                               const std::function<const char*(const char*)>& environment)
{
    settings found{given.url, given.token, given.printer, given.ca_file, given.allow_insecure};
    const auto fill = [&](auto& into, const char* name) {
        const auto* value = environment(name);
        if (into.empty() && value != nullptr) into = value;
    };
    fill(found.url, "LAYERLINE_URL");
    fill(found.token, "LAYERLINE_TOKEN");
    fill(found.printer, "LAYERLINE_PRINTER");
    fill(found.ca_file, "LAYERLINE_CA_FILE");

    const auto file = given.config.empty() ? default_file(environment) : given.config;
    std::error_code ignored;
    if (!given.config.empty() || (!file.empty() && std::filesystem::exists(file, ignored)))
        if (auto fault = read_file(file, found); !fault.empty()) return settings_fault{fault};

    if (found.url.empty()) found.url = default_url;
    if (!found.url.starts_with("http://") && !found.url.starts_with("https://"))
        return settings_fault{"the url must begin with http:// or https://, not \"" + found.url + "\""};
    if (found.token.find_first_of("\r\n") != std::string::npos)
        return settings_fault{"the token has a line break in it"};
    return found;
}

} // namespace layerline::cli
