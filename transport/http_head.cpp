// Heads by the grammar of RFC 9112, without what it lets a recipient forgive: folded lines, bare CR or LF,
// blanks before a colon.
#include "transport/http_head.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>

namespace layerline::transport {

namespace http = boost::beast::http;
using boost::beast::iequals;

namespace {

// Which bytes are of which kind: a head is gone through byte by byte, several times.
constexpr auto token_chars = [] {
    std::array<bool, 256> all{};
    for (unsigned c = 0; c < all.size(); ++c)
        all.at(c) = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
        all.at(static_cast<unsigned char>(c)) = true;
    return all;
}();
constexpr auto value_chars = [] {
    std::array<bool, 256> all{};
    for (unsigned c = 0; c < all.size(); ++c)
        all.at(c) = c == '\t' || (c >= 0x20 && c != 0x7f);
    return all;
}();

bool is_token_char(char c)
{
    return token_chars[static_cast<unsigned char>(c)];
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum class scan : std::uint8_t { unfinished, found, broken };

// Goes on through the new bytes to the head's end; `seen` is where the next call goes on. Bare CR, bare LF,
// NUL and folded lines are refused as soon as they show, not after a time-out.
scan find_head_end(std::string_view received, std::size_t& seen, std::size_t& end)
{
    std::size_t i = seen;
    for (; i < received.size(); ++i) {
        const char c = received[i];
        if (i > 1 && received[i - 1] == '\n' && (c == ' ' || c == '\t')) return scan::broken;
        // To the line's end, or to what must not be within one.
        while (i < received.size() && static_cast<unsigned char>(received[i]) > '\r')
            ++i;
        if (i == received.size()) break;
        if (received[i] == '\0' || received[i] == '\n') return scan::broken;
        if (received[i] != '\r') continue;
        if (i + 1 == received.size()) break;
        if (received[++i] != '\n') return scan::broken;
        if (i >= 3 && received[i - 2] == '\n') {
            end = i + 1;
            return scan::found;
        }
    }
    seen = i;
    return scan::unfinished;
}

std::string_view trimmed(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// Whether a list between commas holds this word.
bool lists(std::string_view list, std::string_view word)
{
    for (;;) {
        const auto comma = list.find(',');
        if (iequals(trimmed(list.substr(0, comma)), word)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

// Whether all between commas are words; there may be none.
bool is_word_list(std::string_view list)
{
    for (;;) {
        const auto comma = list.find(',');
        const auto word = trimmed(list.substr(0, comma));
        if (!std::all_of(word.begin(), word.end(), is_token_char)) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

// Of a head whose end find_head_end() has found: in such a one every line ends with CRLF.
std::string_view take_line(std::string_view& rest)
{
    const auto line = rest.substr(0, rest.find('\r'));
    rest.remove_prefix(line.size() + 2);
    return line;
}

// What decides of framing and of the connection.
struct told_fields {
    std::size_t lengths = 0, codings = 0, hosts = 0;
    std::string_view length, coding;
    bool close = false, keep_alive = false;         // in `connection`
    bool other_protocol = false, websocket = false; // in `connection`, and in `upgrade`
};

// False if the field has no meaning.
bool note(told_fields& out, std::string_view name, std::string_view value)
{
    if (name == "content-length") {
        ++out.lengths;
        out.length = value;
    } else if (name == "transfer-encoding") {
        ++out.codings;
        out.coding = value;
    } else if (name == "host") {
        ++out.hosts;
    } else if (name == "connection") {
        if (!is_word_list(value)) return false;
        out.close = out.close || lists(value, "close");
        out.keep_alive = out.keep_alive || lists(value, "keep-alive");
        out.other_protocol = out.other_protocol || lists(value, "upgrade");
    } else if (name == "proxy-connection") {
        return is_word_list(value);
    } else if (name == "upgrade") {
        out.websocket = out.websocket || lists(value, "websocket");
    }
    return true;
}

// The lines after the first; none if one of them is no field. What is told points into `rest`.
std::optional<told_fields> take_fields(std::string_view rest, fields& into)
{
    told_fields out;
    into.reserve(8, rest.size());
    for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const auto name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
        if (!valid_field_name(name) || !valid_field_value(value)) return std::nullopt;
        if (!note(out, into.add_received(name, value), value)) return std::nullopt;
    }
    return out;
}

enum class version : std::uint8_t { one_0, one_1, other };

version version_of(std::string_view text)
{
    if (text == "HTTP/1.1") return version::one_1;
    return text == "HTTP/1.0" ? version::one_0 : version::other;
}

// The body's framing, or why there is no single reading of it.
std::variant<refusal, body_framing> frame(const told_fields& f, bool http_1_0, body_framing otherwise)
{
    if (f.codings > 0) {
        if (f.lengths > 0) return refusal{400, "both content-length and transfer-encoding"};
        if (http_1_0) return refusal{400, "transfer-encoding in HTTP/1.0"};
        if (f.codings > 1) return refusal{400, "transfer-encoding twice"};
        if (!iequals(f.coding, "chunked")) return refusal{501, "the only transfer coding taken is chunked"};
        return body_framing{body_framing::by::chunks, 0};
    }
    if (f.lengths == 0) return otherwise;
    const auto length = parse_length(f.length);
    if (f.lengths > 1 || !length) return refusal{400, "content-length is not one number"};
    if (*length == 0) return body_framing{};
    return body_framing{body_framing::by::length, *length};
}

// Reduces "http://host/path" (RFC 9112 section 3.2.2) to the path, the authority going into host.
std::optional<refusal> to_origin_form(request_head& head)
{
    std::string& target = head.target;
    if (head.method == "CONNECT") return refusal{501, "CONNECT is not offered"};
    if (target.starts_with('/')) return std::nullopt;
    if (target == "*" && head.method == "OPTIONS") return std::nullopt;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.size() <= scheme.size() || !iequals(target.substr(0, scheme.size()), scheme)) continue;
        const auto end = std::min(target.find_first_of("/?", scheme.size()), target.size());
        if (end == scheme.size()) break;
        head.headers.set("host", target.substr(scheme.size(), end - scheme.size()));
        target.erase(0, end);
        if (!target.starts_with('/')) target.insert(0, "/");
        return std::nullopt;
    }
    return refusal{400, "the target is not a path"};
}

} // namespace

bool valid_field_name(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char);
}

bool valid_field_value(std::string_view value)
{
    return std::all_of(value.begin(), value.end(),
                       [](char c) { return value_chars[static_cast<unsigned char>(c)]; });
}

bool valid_target(std::string_view target)
{
    return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u > 0x20 && u != 0x7f && u != '#';
    });
}

std::optional<std::uint64_t> parse_length(std::string_view text)
{
    if (text.empty() || text.size() > 18) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

std::variant<more_needed, refusal, parsed_request> parse_request(std::string_view received, std::size_t& seen,
                                                                 const head_limits& limits)
{
    // One empty line before a request is forgiven (RFC 9112 section 2.2), and counts to the head.
    if (received == "\r") return more_needed{};
    const std::size_t skipped = received.starts_with("\r\n") ? 2 : 0;
    if (skipped == 0 && !received.empty() && received[0] != '\r' && !is_token_char(received[0]))
        return refusal{400, "not an HTTP request"};
    const auto body = received.substr(skipped, limits.bytes - std::min(limits.bytes, skipped));
    std::size_t end = 0;
    const auto state = find_head_end(body, seen, end);
    const auto line = body.substr(0, body.find("\r\n"));
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos ? line.size() > 64 : blank > 64)
        return refusal{501, "no method is that long"};
    if (blank != std::string_view::npos) {
        const auto target = line.substr(blank + 1);
        if (std::min(target.find(' '), target.size()) > limits.target)
            return refusal{414, "the target is too long"};
    }
    if (state == scan::broken) return refusal{400, "the head is not HTTP"};
    if (state == scan::unfinished) {
        if (received.size() >= limits.bytes) return refusal{431, "the head is too large"};
        return more_needed{};
    }

    auto rest = body.substr(0, end);
    const auto first = take_line(rest);
    const auto method = first.substr(0, first.find(' '));
    const auto after = first.substr(std::min(method.size() + 1, first.size()));
    const auto target = after.substr(0, after.find(' '));
    if (!valid_field_name(method) || target.empty() || target.size() == after.size())
        return refusal{400, "the head is not HTTP"};
    const auto spoken = version_of(after.substr(target.size() + 1));
    if (spoken == version::other) return refusal{505, "HTTP/1.1 is spoken here"};

    parsed_request out;
    out.consumed = skipped + end;
    out.http_1_0 = spoken == version::one_0;
    out.head.method = method;
    out.head.target = target;
    const auto found = take_fields(rest, out.head.headers);
    if (!found) return refusal{400, "the head is not HTTP"};
    out.keep_alive = !found->close && (!out.http_1_0 || found->keep_alive);
    if (found->hosts > 1 || (found->hosts == 0 && !out.http_1_0))
        return refusal{400, "exactly one host field is needed"};
    const auto framing = frame(*found, out.http_1_0, {});
    if (const auto* refused = std::get_if<refusal>(&framing)) return *refused;
    out.body = std::get<body_framing>(framing);
    if (!valid_target(out.head.target)) return refusal{400, "the target is not a path"};
    if (const auto refused = to_origin_form(out.head)) return *refused;
    if (const auto expect = out.head.headers.find("expect"); expect && !out.http_1_0) {
        if (!iequals(*expect, "100-continue")) return refusal{417, "only 100-continue can be expected"};
        out.expects_continue = out.body.kind != body_framing::by::nothing;
    }
    out.wants_websocket = out.body.kind == body_framing::by::nothing && !out.http_1_0 &&
                          out.head.method == "GET" && found->other_protocol && found->websocket;
    return out;
}

std::variant<more_needed, refusal, parsed_response>
parse_response(std::string_view received, std::size_t& seen, std::size_t max_bytes, std::string_view method)
{
    const auto body = received.substr(0, max_bytes);
    std::size_t end = 0;
    const auto state = find_head_end(body, seen, end);
    if (state == scan::broken) return refusal{400, "the head is not HTTP"};
    if (state == scan::unfinished) {
        if (received.size() >= max_bytes) return refusal{431, "the head is too large"};
        return more_needed{};
    }
    auto rest = body.substr(0, end);
    const auto first = take_line(rest);
    const auto spoken = version_of(first.substr(0, 8));
    // "HTTP/1.1 200 " and a reason, which may be empty and is not kept.
    const auto digits = first.substr(std::min<std::size_t>(9, first.size()), 3);
    const bool well_formed = first.size() >= 13 && first[8] == ' ' && first[12] == ' ' &&
                             std::all_of(digits.begin(), digits.end(), is_digit);
    if (spoken == version::other || !well_formed || !valid_field_value(first))
        return refusal{400, "the head is not HTTP"};
    unsigned status = 0;
    for (const char c : digits)
        status = status * 10 + static_cast<unsigned>(c - '0');
    if (status < 100) return refusal{400, "the status is below 100"};

    parsed_response out;
    out.consumed = end;
    out.head.status = status;
    const auto found = take_fields(rest, out.head.headers);
    if (!found) return refusal{400, "the head is not HTTP"};
    out.keep_alive = !found->close && (spoken == version::one_1 || found->keep_alive);
    const bool no_body = method == "HEAD" || status < 200 || status == 204 || status == 304;
    const auto framing = frame(*found, spoken == version::one_0, {body_framing::by::connection_end, 0});
    // A coding that nobody here knows matters only where there is something to decode.
    const auto* refused = std::get_if<refusal>(&framing);
    if (refused != nullptr && !(no_body && refused->status == 501)) return *refused;
    if (no_body) return out;
    out.body = std::get<body_framing>(framing);
    if (out.body.kind == body_framing::by::connection_end) out.keep_alive = false;
    return out;
}

std::string_view reason_of(unsigned status)
{
    if (status / 100 == 6) return "Relay"; // what happened is in the body
    if (status / 100 == 7) return "Agent";
    const auto known = http::int_to_status(status);
    if (known == http::status::unknown) return "Status";
    const auto text = http::obsolete_reason(known);
    return {text.data(), text.size()};
}

namespace {

bool append_fields(std::string& out, const fields& headers)
{
    for (const field& f : headers) {
        if (!valid_field_name(f.name) || !valid_field_value(f.value)) return false;
        out.append(f.name).append(": ").append(f.value).append("\r\n");
    }
    out.append("\r\n");
    return true;
}

} // namespace

std::optional<std::string> write_request(std::string_view method, std::string_view target,
                                         const fields& headers)
{
    if (!valid_field_name(method) || !valid_target(target)) return std::nullopt;
    std::string out;
    out.reserve(512);
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    if (!append_fields(out, headers)) return std::nullopt;
    return out;
}

std::optional<std::string> write_response(unsigned status, const fields& headers)
{
    if (status < 100 || status > 999) return std::nullopt;
    std::string out;
    out.reserve(512);
    out.append("HTTP/1.1 ")
        .append(std::to_string(status))
        .append(" ")
        .append(reason_of(status))
        .append("\r\n");
    if (!append_fields(out, headers)) return std::nullopt;
    return out;
}

} // namespace layerline::transport
