// Conversion and checks of heads, both ways.
#include "transport/tunnel/h2_head.hpp"

#include "transport/error.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

namespace layerline::transport {

namespace {

constexpr std::string_view priority_field = "x-layerline-priority";
constexpr std::array<std::string_view, h2_priorities> priority_names{"emergency", "urgent", "normal", "bulk"};
// HTTP/2 wants an authority; a request without a host gets this one, which the far end takes out again.
constexpr std::string_view no_authority = "host.invalid";

const std::uint8_t* bytes(std::string_view text)
{
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool all_digits(std::string_view text)
{
    return !text.empty() && text.size() <= 19 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool good_name(std::string_view name)
{
    return !name.empty() && name.front() != ':' && nghttp2_check_header_name(bytes(name), name.size()) != 0;
}

bool good_value(std::string_view value)
{
    return nghttp2_check_header_value_rfc9113(bytes(value), value.size()) != 0;
}

// Empty, with room for these and for pseudo-header fields of about so many bytes.
h2_wire_head room_for(const fields& headers, std::size_t bytes)
{
    h2_wire_head wire;
    wire.reserve(headers.size() + 6, headers.text_size() + bytes + 64);
    return wire;
}

// Appends `headers` to `wire`; the checks are those of the receiver, made where the sender still learns of
// it.
boost::system::result<h2_wire_head> append_checked(h2_wire_head wire, fields headers, std::size_t limit)
{
    strip_hop_by_hop(headers);
    std::optional<std::string_view> length;
    for (const field f : headers) {
        const auto value = trimmed(f.value);
        if (!good_name(f.name) || !good_value(value)) return make_error_code(errc::malformed);
        if (f.name == "content-length") {
            if (!all_digits(value) || (length && *length != value)) return make_error_code(errc::malformed);
            if (length) continue;
            length = value;
        }
        wire.add(f.name, value);
    }
    std::size_t cost = 0;
    for (const field f : wire)
        cost += field_cost(f.name, f.value);
    if (cost > limit) return make_error_code(errc::too_large);
    return wire;
}

// What every request has after its method.
boost::system::result<h2_wire_head> append_request(h2_wire_head wire, bool may_be_asterisk,
                                                   const std::string& target, fields headers,
                                                   h2_priority priority, std::size_t limit)
{
    const bool asterisk = may_be_asterisk && target == "*";
    if (!asterisk && (target.empty() || target.front() != '/')) return make_error_code(errc::malformed);
    if (nghttp2_check_path(bytes(target), target.size()) == 0) return make_error_code(errc::malformed);
    std::string authority(trimmed(headers.find("host").value_or(no_authority)));
    if (authority.empty()) authority = no_authority;
    if (nghttp2_check_authority(bytes(authority), authority.size()) == 0)
        return make_error_code(errc::malformed);
    headers.erase("host");
    if (priority != h2_priority::normal)
        headers.set(priority_field, priority_names.at(static_cast<std::size_t>(priority)));
    wire.add(":scheme", "http");
    wire.add(":authority", authority);
    wire.add(":path", target);
    return append_checked(std::move(wire), std::move(headers), limit);
}

} // namespace

std::optional<h2_priority> take_priority(fields& headers)
{
    std::optional<h2_priority> found;
    if (const auto value = headers.find(priority_field)) {
        for (std::size_t i = 0; i < priority_names.size(); ++i)
            if (*value == priority_names.at(i)) found = static_cast<h2_priority>(i);
        headers.erase(priority_field);
    }
    return found;
}

std::size_t field_cost(std::string_view name, std::string_view value)
{
    return name.size() + value.size() + 32;
}

boost::system::result<h2_wire_head> request_to_wire(const std::string& method, const std::string& target,
                                                    fields headers, h2_priority priority, std::size_t limit)
{
    // CONNECT has another shape of head, and opens a tunnel that nobody here asked for.
    if (method.empty() || method == "CONNECT" || nghttp2_check_method(bytes(method), method.size()) == 0)
        return make_error_code(errc::malformed);
    auto wire = room_for(headers, target.size());
    wire.add(":method", method);
    return append_request(std::move(wire), method == "OPTIONS", target, std::move(headers), priority, limit);
}

boost::system::result<h2_wire_head> websocket_to_wire(const std::string& target, fields headers,
                                                      h2_priority priority, std::size_t limit)
{
    strip_websocket_handshake(headers);
    headers.set("sec-websocket-version", "13");
    auto wire = room_for(headers, target.size());
    wire.add(":method", "CONNECT");
    wire.add(":protocol", "websocket");
    return append_request(std::move(wire), false, target, std::move(headers), priority, limit);
}

boost::system::result<h2_wire_head> answer_to_wire(unsigned status, fields headers, std::size_t limit)
{
    if (status < 200 || status > 999) return make_error_code(errc::malformed);
    auto wire = room_for(headers, 0);
    wire.add(":status", std::to_string(status));
    return append_checked(std::move(wire), std::move(headers), limit);
}

void h2_head_reader::add(std::string_view name, std::string_view value)
{
    cost_ += field_cost(name, value);
    if (too_large()) return;
    if (name == ":method") {
        method_ = value;
    } else if (name == ":path") {
        target_ = value;
    } else if (name == ":authority") {
        authority_ = value;
    } else if (name == ":protocol") {
        protocol_ = value;
    } else if (name == ":status") {
        status_ = 0;
        for (const char c : value.substr(0, 3)) // nghttp2 has checked that these are digits
            status_ = status_ * 10 + static_cast<unsigned>(c - '0');
    } else if (name == "cookie" && headers_.find("cookie")) {
        // HTTP/2 may split cookies; whoever reads them expects one field (RFC 9113 section 8.2.3).
        headers_.set("cookie", std::string(*headers_.find("cookie")) + "; " + std::string(value));
    } else if (!name.starts_with(':')) {
        headers_.add(name, value);
    }
}

void h2_head_reader::clear()
{
    *this = h2_head_reader(limit_);
}

fields h2_head_reader::take()
{
    fields all = std::move(headers_);
    if (authority_ == no_authority) {
        all.erase("host");
    } else if (!authority_.empty()) {
        all.set("host", authority_);
    }
    strip_hop_by_hop(all);
    clear();
    return all;
}

} // namespace layerline::transport
