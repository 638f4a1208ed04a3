// Heads: Beast's parser for the grammar, behind checks of our own for what it forgives.
#include "transport/http_head.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <algorithm>
#include <array>
#include <limits>

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

struct framing_fields {
    std::size_t lengths = 0, codings = 0, hosts = 0;
    std::string_view length, coding;
};

template <class Message>
framing_fields collect(const Message& message, std::size_t bytes, fields& into)
{
    framing_fields out;
    into.reserve(8, bytes);
    for (const auto& f : message) {
        const std::string_view name(f.name_string().data(), f.name_string().size());
        const std::string_view value(f.value().data(), f.value().size());
        if (f.name() == http::field::content_length) {
            ++out.lengths;
            out.length = value;
        } else if (f.name() == http::field::transfer_encoding) {
            ++out.codings;
            out.coding = value;
        } else if (f.name() == http::field::host) {
            ++out.hosts;
        }
        into.add_received(name, value);
    }
    return out;
}

// The body's framing, or why there is no single reading of it.
std::variant<refusal, body_framing> frame(const framing_fields& f, bool http_1_0, body_framing otherwise)
{
    if (f.codings > 0) {
        if (f.lengths > 0) return refusal{400, "both content-length and transfer-encoding"};
        if (http_1_0) return refusal{400, "transfer-encoding in HTTP/1.0"};
        if (f.codings > 1 || !iequals(f.coding, "chunked"))
            return refusal{501, "the only transfer coding taken is chunked"};
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

template <bool Request>
using head_parser = http::parser<Request, http::empty_body>;

template <bool Request>
error_code feed(head_parser<Request>& parser, std::string_view head)
{
    parser.header_limit(std::numeric_limits<std::uint32_t>::max()); // bounded before
    parser.body_limit(boost::none);
    parser.eager(false);
    error_code ec;
    parser.put(net::buffer(head), ec);
    if (ec == http::error::need_more) ec = {}; // of the body, which is not read here
    if (!ec && !parser.is_header_done()) ec = http::error::partial_message;
    return ec;
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

    head_parser<true> parser;
    const auto ec = feed(parser, body.substr(0, end));
    if (ec == http::error::bad_version) return refusal{505, "HTTP/1.1 is spoken here"};
    if (ec == http::error::bad_transfer_encoding)
        return refusal{400, "content-length or transfer-encoding twice, or both"};
    if (ec) return refusal{400, "the head is not HTTP"};
    const auto& message = parser.get();

    parsed_request out;
    out.consumed = skipped + end;
    out.http_1_0 = message.version() == 10;
    out.keep_alive = message.keep_alive();
    out.head.method = std::string(message.method_string().data(), message.method_string().size());
    out.head.target = std::string(message.target().data(), message.target().size());
    const auto found = collect(message, end, out.head.headers);
    if (found.hosts > 1 || (found.hosts == 0 && !out.http_1_0))
        return refusal{400, "exactly one host field is needed"};
    const auto framing = frame(found, out.http_1_0, {});
    if (const auto* refused = std::get_if<refusal>(&framing)) return *refused;
    out.body = std::get<body_framing>(framing);
    if (!valid_target(out.head.target)) return refusal{400, "the target is not a path"};
    if (const auto refused = to_origin_form(out.head)) return *refused;
    if (const auto expect = out.head.headers.find("expect"); expect && !out.http_1_0) {
        if (!iequals(*expect, "100-continue")) return refusal{417, "only 100-continue can be expected"};
        out.expects_continue = out.body.kind != body_framing::by::nothing;
    }
    out.wants_websocket =
        out.body.kind == body_framing::by::nothing && boost::beast::websocket::is_upgrade(message);
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
    head_parser<false> parser;
    if (feed(parser, body.substr(0, end))) return refusal{400, "the head is not HTTP"};
    const auto& message = parser.get();
    const unsigned status = message.result_int();
    if (status < 100) return refusal{400, "the status is below 100"};

    parsed_response out;
    out.consumed = end;
    out.head.status = status;
    out.keep_alive = message.keep_alive();
    const auto found = collect(message, end, out.head.headers);
    const bool no_body = method == "HEAD" || status < 200 || status == 204 || status == 304;
    const auto framing = frame(found, message.version() == 10, {body_framing::by::connection_end, 0});
    if (no_body) return out;
    if (const auto* refused = std::get_if<refusal>(&framing)) return *refused;
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
