// agent.toml: what the owner may set, with its defaults. Parsing is pure; docs/configuration.md explains each
// key.
#pragma once

#include "access/binding.hpp"
#include "agent/camera_settings.hpp"
#include "agent/limit_settings.hpp"
#include "agent/script_lines.hpp"
#include "agent/ui_target.hpp"
#include "settings/settings_reader.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::agent {

struct endpoint {
    std::string address; // numeric
    std::uint16_t port = 0;
    bool operator==(const endpoint&) const = default;
};
// "127.0.0.1:8481", "[::1]:0"; nothing if it is not a numeric address with a port.
std::optional<endpoint> parse_endpoint(std::string_view text);
// "http://127.0.0.1:8481", "http://[::1]:8481".
std::string url_of(const endpoint& at);

struct relay_url {
    std::string text; // without a slash at its end
    std::string host; // lower case, without brackets
    bool tls = false;
    bool loopback = false;
    bool operator==(const relay_url&) const = default;
};
// ws:// or wss:// with a host and perhaps a port and a path; nothing else. Else what is wrong ("must …").
std::variant<relay_url, std::string> parse_relay_url(std::string_view text);

// What is wrong with an address of Moonraker ("must …"); empty for ws://, wss://, http:// or https:// with a
// host and no path or one that ends with /websocket, for "unix:/path" and for "/path".
std::string moonraker_url_fault(std::string_view text);

struct configuration {
    // [printer]
    bool moonraker = false; // printer.link: Klipper through Moonraker instead of a print host
    std::filesystem::path socket = "/run/layerline/printhost.sock";
    std::string moonraker_url = "ws://127.0.0.1:7125/websocket";
    // Of its HTTP API, when moonraker_url is a unix socket, which carries no files.
    std::string moonraker_files_url = "http://127.0.0.1:7125";
    std::filesystem::path api_key_file, moonraker_ca_file; // empty: none; the system's store
    bool moonraker_insecure = false;
    bool printer_cameras = true; // Moonraker's list of cameras is shown, too
    std::string cameras_url;     // what its relative addresses are put behind; empty: by moonraker_url
    std::vector<std::string> camera_hosts; // other hosts than Moonraker's that the list may name
    // [lan]
    std::optional<endpoint> listen; // not given: 127.0.0.1:8481, whatever happens
    // [relay]
    std::vector<relay_url> relays;
    std::filesystem::path ca_file;
    bool allow_insecure = false;
    std::optional<access::binding_mode> binding; // not given: tls-exporter for wss://, off for ws://
    // [files]
    std::filesystem::path folder; // empty: <state>/files
    std::uint64_t reserve_mb = 256, max_upload_mb = 1024;
    // Uploads in parts that have not ended: how many, how large together, how long without a byte.
    std::uint64_t pending_uploads = 16, pending_mb = 4096, pending_hours = 24;
    // [policy]
    std::filesystem::path policy_file; // empty: /etc/layerline/policy.toml, which may be missing
    // [[ui.target]]
    std::vector<ui_target> uis; // none: no local UI is offered
    // [[cameras]]
    std::vector<camera_settings> cameras;
    // [workshop]
    std::filesystem::path workshop_socket; // empty: there is none
    // [hooks]
    std::filesystem::path hooks_folder; // empty: no hooks
    std::uint64_t hooks_time_limit_s = 30, hooks_at_once = 2;
    // [scripts]
    script_settings scripts;
    // [log]
    std::string log_level = "info";
    limit_settings limits;
};

inline constexpr std::uint16_t default_lan_port = 8481;
inline const char* const default_policy_file = "/etc/layerline/policy.toml";

std::variant<configuration, std::vector<settings::settings_fault>> parse_configuration(std::string_view toml);

// The binding that is asked for at this address.
access::binding_mode binding_for(const configuration& settings, const relay_url& url);

} // namespace layerline::agent
