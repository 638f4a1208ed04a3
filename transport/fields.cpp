// Header fields as a list, and what a hop takes out before it hands a head on.
#include "transport/fields.hpp"

#include <algorithm>
#include <array>

namespace layerline::transport {

namespace {

constexpr std::array<std::string_view, 7> one_hop_only{
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"};

// Names that a Connection field cannot take away: a caller would otherwise choose which of the facts that
// framing, routing and authority rest on get lost on the way.
bool may_be_listed(std::string_view name)
{
    return name != "content-length" && name != "host" && name != "x-request-id" && name != "authorization" &&
           !name.starts_with("x-layerline-");
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

std::optional<std::string_view> fields::find(std::string_view name) const
{
    const auto hit = std::find_if(all_.begin(), all_.end(), [&](const field& f) { return f.name == name; });
    if (hit == all_.end()) return std::nullopt;
    return std::string_view(hit->value);
}

void fields::set(std::string name, std::string value)
{
    const auto hit = std::find_if(all_.begin(), all_.end(), [&](const field& f) { return f.name == name; });
    if (hit == all_.end()) return add(std::move(name), std::move(value));
    hit->value = std::move(value);
    all_.erase(std::remove_if(hit + 1, all_.end(), [&](const field& f) { return f.name == name; }),
               all_.end());
}

void fields::add(std::string name, std::string value)
{
    all_.push_back({std::move(name), std::move(value)});
}

std::size_t fields::erase(std::string_view name)
{
    return std::erase_if(all_, [&](const field& f) { return f.name == name; });
}

void strip_hop_by_hop(fields& headers)
{
    std::vector<std::string> listed;
    for (const field& f : headers) {
        if (f.name != "connection") continue;
        std::string_view rest = f.value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto name = trimmed(rest.substr(0, comma));
            if (!name.empty()) listed.push_back(lowered(name));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    // Sorted, so that a head full of names costs no more than its size.
    std::sort(listed.begin(), listed.end());
    listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
    std::erase_if(listed, [](const std::string& name) { return !may_be_listed(name); });
    headers.erase_if([&listed](const field& f) {
        return std::find(one_hop_only.begin(), one_hop_only.end(), f.name) != one_hop_only.end() ||
               std::binary_search(listed.begin(), listed.end(), f.name);
    });
}

void strip_websocket_handshake(fields& headers)
{
    strip_hop_by_hop(headers);
    for (const auto* name : {"sec-websocket-key", "sec-websocket-accept", "sec-websocket-version",
                             "sec-websocket-extensions", "content-length"})
        headers.erase(name);
}

} // namespace layerline::transport
