#include "ui_rig.hpp"

#include "access/base64.hpp"
#include "transport/http_client.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace layerline::tests {

std::string basic(const std::string& token)
{
    const auto pair = "phone:" + token;
    auto text = access::to_base64url({reinterpret_cast<const unsigned char*>(pair.data()), pair.size()});
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    return "Basic " + text;
}

void allow_ui(rig& at, const std::string& url, const std::string& policy)
{
    std::ofstream(at.path("policy.toml")) << policy;
    at.options().agent_toml = "[files]\nreserve_mb = 1\n[policy]\nfile = \"" +
                              at.path("policy.toml").string() +
                              "\"\n[[ui.target]]\nname = \"fake\"\nurl = \"" + url + "\"\n";
}

ui_rig::ui_rig(const std::string& policy)
    : at({.relay_toml = "[limits]\nrequests_per_minute = 100000\n"
                        "[host_mode]\ndomain = \"print.test\"\nscheme = \"http\"\n"})
{
    allow_ui(at, ui->url(), policy);
    at.start_relay();
    way = std::make_unique<faulty_way>(at.port_of(at.relay_url()));
    at.options().relay_through = way->port();
    at.start_agent();
    at.pair();
    token = at.make_relay_token("ui").secret;
}

web_request ui_rig::request(const std::string& path, const std::string& method) const
{
    web_request asked;
    asked.method = method;
    asked.url = at.relay_url() + path;
    asked.headers.set("host", host());
    if (!token.empty()) asked.headers.set("authorization", basic(token));
    return asked;
}

std::string ui_rig::raw(const std::string& request_line, const std::string& fields) const
{
    return raw_exchange(at.port_of(at.relay_url()),
                        request_line + "\r\nConnection: close\r\n" + fields + "\r\n", seconds(10));
}

transport::request_head ui_rig::head(const std::string& path) const
{
    transport::request_head asked;
    asked.method = "GET";
    asked.target = path;
    asked.headers.set("host", host());
    asked.headers.set("authorization", basic(token));
    return asked;
}

std::shared_ptr<transport::requester> ui_rig::client()
{
    transport::client_options plain;
    return transport::make_http_client(context, at.relay_url(), plain);
}

std::size_t descriptors_of(const program& one)
{
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(one.pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace layerline::tests
