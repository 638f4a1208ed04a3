#include "commands/host_call.hpp"

#include "access/base64.hpp"
#include "commands/virtual_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace layerline::commands {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 5> known{"Path", "Method", "Headers", "BodyText", "BodyBase64"};
// What belongs to the connection, and what says who asks: the agent's own business.
constexpr std::array<std::string_view, 14> kept_back{"host",
                                                     "connection",
                                                     "content-length",
                                                     "transfer-encoding",
                                                     "upgrade",
                                                     "te",
                                                     "trailer",
                                                     "expect",
                                                     "authorization",
                                                     "cookie",
                                                     "x-api-key",
                                                     "proxy-authorization",
                                                     "x-forwarded-for",
                                                     "x-real-ip"};

std::string lower(std::string_view text)
{
    std::string all(text);
    for (char& c : all)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return all;
}

bool is_token(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool is_visible(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

int value_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The path's bytes as the far end reads them; empty if an escape is broken or hides a control character.
std::string decoded(std::string_view path)
{
    std::string all;
    for (std::size_t at = 0; at < path.size(); ++at) {
        char c = path[at];
        if (c == '%') {
            const int high = at + 2 < path.size() ? value_of(path[at + 1]) : -1;
            const int low = at + 2 < path.size() ? value_of(path[at + 2]) : -1;
            if (high < 0 || low < 0) return {};
            c = static_cast<char>(high * 16 + low);
            at += 2;
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return {};
        all += c;
    }
    return all;
}

std::optional<failure> fault_of_path(std::string_view target)
{
    const auto bad = [](const char* why) { return fail(400, std::string("Request.Path ") + why); };
    if (target.empty() || target.size() > max_host_path) return bad("must be of 1 to 2,048 bytes.");
    if (!target.starts_with('/') || target.starts_with("//") || target.find("://") != std::string_view::npos)
        return bad("must begin with exactly one \"/\": it is a path, never another host's address.");
    if (!is_visible(target) || target.find('\\') != std::string_view::npos ||
        target.find('#') != std::string_view::npos)
        return bad("must be percent-encoded, without a fragment.");
    const auto path = decoded(target.substr(0, target.find('?')));
    if (path.empty()) return bad("must be percent-encoded well.");
    for (std::size_t at = 1; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto name = std::string_view(path).substr(at, end - at);
        if (name == "." || name == ".." || (name.empty() && end < path.size()))
            return bad("must hold neither \".\", \"..\" nor empty names.");
        at = end + 1;
    }
    if (path == "/access" || path.starts_with("/access/"))
        return fail(403, "Keys and users of the printer's host are not told or changed from afar.");
    return std::nullopt;
}

std::optional<failure> take_headers(const json& from, host_request& into)
{
    if (from.is_null()) return std::nullopt;
    if (!from.is_object() || from.size() > max_host_headers)
        return fail(400, "Request.Headers must be an object of at most " + std::to_string(max_host_headers) +
                             " texts.");
    for (const auto& [name, value] : from.items()) {
        const auto field = lower(name);
        const bool good = is_token(field) && value.is_string() &&
                          value.get_ref<const std::string&>().size() <= 1024 &&
                          std::all_of(value.get_ref<const std::string&>().begin(),
                                      value.get_ref<const std::string&>().end(),
                                      [](char c) { return c >= 0x20 && c < 0x7f; });
        if (!good) return fail(400, "Request.Headers holds a name or value that no header can have.");
        if (std::find(kept_back.begin(), kept_back.end(), field) != kept_back.end())
            return fail(403, "The header \"" + field + "\" is the agent's own to send.");
        into.headers.emplace_back(field, value.get<std::string>());
    }
    return std::nullopt;
}

std::optional<failure> take_body(const json& from, host_request& into)
{
    const bool text = from.contains("BodyText") && !from["BodyText"].is_null();
    const bool coded = from.contains("BodyBase64") && !from["BodyBase64"].is_null();
    if (!text && !coded) return std::nullopt;
    const auto& given = from[text ? "BodyText" : "BodyBase64"];
    if ((text && coded) || !given.is_string())
        return fail(400, "Request has either BodyText or BodyBase64, which is a string.");
    into.body = given.get<std::string>();
    if (text) return std::nullopt;
    const auto bytes = access::from_base64(into.body);
    if (!bytes) return fail(400, "Request.BodyBase64 is no base64.");
    into.body.assign(bytes->begin(), bytes->end());
    return std::nullopt;
}

} // namespace

outcome<host_request> parse_host_request(std::string_view request)
{
    const json from = json::parse(request, nullptr, false);
    if (!from.is_object()) return fail(400, "Request must be an object.");
    for (const auto& [name, value] : from.items())
        if (std::find(known.begin(), known.end(), name) == known.end())
            return fail(400, "Request has no field \"" + name.substr(0, 64) + "\".");
    host_request into;
    if (!from.contains("Path") || !from["Path"].is_string())
        return fail(400, "Request.Path must be a string.");
    into.path = from["Path"].get<std::string>();
    if (auto why = fault_of_path(into.path)) return std::move(*why);
    const auto method = from.contains("Method") ? from["Method"] : json("GET");
    if (!method.is_string() ||
        std::find(methods.begin(), methods.end(), method.get_ref<const std::string&>()) == methods.end())
        return fail(400, "Request.Method must be GET, HEAD, POST, PUT, PATCH or DELETE.");
    into.method = method.get<std::string>();
    if (auto why = take_headers(from.contains("Headers") ? from["Headers"] : json(), into))
        return std::move(*why);
    if (auto why = take_body(from, into)) return std::move(*why);
    return into;
}

bool only_asks(const host_request& what)
{
    return what.method == "GET" || what.method == "HEAD";
}

json told(const host_answer& answer)
{
    json headers = json::object();
    for (const auto& [name, value] : answer.headers)
        headers[name] = value;
    json all{{"StatusCode", answer.status}};
    all["Headers"] = std::move(headers);
    if (is_utf8(answer.body)) {
        all["BodyText"] = answer.body;
        return all;
    }
    auto text = access::to_base64url(
        {reinterpret_cast<const unsigned char*>(answer.body.data()), answer.body.size()});
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    while (text.size() % 4 != 0)
        text += '=';
    all["BodyBase64"] = std::move(text);
    return all;
}

} // namespace layerline::commands
