// Which agent or relay to speak to, and with which token: flags, then the environment, then cli.toml.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace layerline::cli {

// Of the agent on this machine, unless another is given.
inline constexpr const char* default_url = "http://127.0.0.1:8481";

struct settings {
    std::string url; // http://127.0.0.1:8481, https://relay.example
    std::string token;
    std::string printer; // agent id behind a relay; empty when url is an agent's
    std::filesystem::path ca_file;
    bool allow_insecure = false; // http:// to hosts that are not loopback

    // The base that every command's path is put behind.
    std::string base() const;
};

struct settings_fault {
    std::string text;
};

// What the flags said; empty members were not given.
struct flags {
    std::string url, token, printer;
    std::filesystem::path ca_file, config;
    bool allow_insecure = false;
};

// Fills in LAYERLINE_URL, LAYERLINE_TOKEN, LAYERLINE_PRINTER, LAYERLINE_CA_FILE and then cli.toml (keys url,
// token, printer, ca_file, allow_insecure; others are errors). `environment` answers like getenv. Without any
// url: http://127.0.0.1:8481, the agent on this machine.
std::variant<settings, settings_fault> resolve(const flags& given,
                                               const std::function<const char*(const char*)>& environment);

} // namespace layerline::cli
