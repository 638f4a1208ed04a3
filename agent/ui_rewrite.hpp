// What a reverse proxy does to heads between the public host and a local UI. Pure: fields in, fields out.
#pragma once

#include "agent/ui_target.hpp"
#include "transport/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::agent {

// Where the caller's browser believes to be, as the relay says: scheme and host of its address bar.
struct public_place {
    std::string scheme; // "http" or "https"
    std::string host;   // "label.print.example", perhaps with a port; lower case
    std::string origin() const { return scheme + "://" + host; }
};
// Nothing if either is missing or not of its form.
std::optional<public_place> public_place_of(std::optional<std::string_view> host,
                                            std::optional<std::string_view> scheme);

// Why a request does not get to a UI.
enum class ui_fault : std::uint8_t {
    bad_path,       // not a path, or one that climbs: "." and ".." segments, also encoded
    bad_method,     // CONNECT, TRACE
    bad_field,      // a header field that cannot be written
    foreign_origin, // a page of another site asks
    no_target,      // no UI is configured for this path
};

// A request as the target gets it.
struct ui_request {
    const ui_target* to = nullptr;
    std::string path; // and query, below the target's base
    transport::fields headers;
};

// The whole decision for one request: which target, which path, which fields. `headers` as they came through
// the tunnel, where x-forwarded-for is the relay's. `all` must outlive the result.
std::variant<ui_request, ui_fault> request_for_ui(const std::vector<ui_target>& all, std::string_view method,
                                                  std::string_view target, const transport::fields& headers,
                                                  const public_place& place);

// A UI's answer as the caller gets it: Location, cookies and CORS rewritten, what is the relay's to say left
// out.
transport::fields answer_from_ui(const transport::fields& answered, const ui_target& from,
                                 const public_place& place);

// --- the pieces, for their tests ---

// The target whose prefix is the longest that `path` begins with; null if there is none.
const ui_target* target_for(const std::vector<ui_target>& all, std::string_view path);
// Whether one of the path's segments, once decoded, is "." or "..", or whether a byte in it is no character
// of a URL.
bool climbs(std::string_view path);
// Cookies of a Cookie field without those that are Layerline's own; empty if none is left.
std::string cookies_for_ui(std::string_view cookies);
// A Set-Cookie field for the public host only: no Domain, the Path outside. Nothing: not to be set at all.
std::optional<std::string> set_cookie_from_ui(std::string_view value, const ui_target& from);
// A Location as seen from outside. Nothing if it cannot be passed on.
std::optional<std::string> location_from_ui(std::string_view value, const ui_target& from,
                                            const public_place& place);
// A Referer as the target may see it; nothing if it is another site's.
std::optional<std::string> referer_for_ui(std::string_view value, const ui_target& to,
                                          const public_place& place);

} // namespace layerline::agent
