// Host mode: every printer has a host of its own, https://<label>.<domain>/, behind which its local web pages
// are as if they were here. Pure: which label a request is for, and whether a page of another site is behind
// it.
#pragma once

#include "transport/fields.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace layerline::relay {

// [host_mode]
struct host_mode_settings {
    std::string domain;           // "print.example"; empty: no host mode
    std::string scheme = "https"; // as callers see it, also behind a proxy that ends TLS
};

// What a caller's address bar shows.
struct public_host {
    std::string scheme; // "http" or "https"
    std::string host;   // lower case, with a port unless it is the scheme's own
    std::string origin() const { return scheme + "://" + host; }
};

struct host_match {
    std::string label; // a printer's, or empty: what stands before the domain is no label
    public_host place;
};

// Whether this Host field is one of a printer's. The domain itself is not, nor any other name: they have
// paths.
std::optional<host_match> host_of_printer(std::string_view host_field, const host_mode_settings& settings);

// One part of a host name: 1-63 of a-z, 0-9 and "-", not at its ends.
bool is_label(std::string_view text);
// Labels with dots between, at most 200 bytes, lower case.
bool is_domain(std::string_view text);

// Whether the request may be the doing of another site's page. Browsers attach a Basic password by
// themselves, whoever asks, so that being authenticated says nothing of who wants it. `api`: to a command,
// where not even a link may lead; else following a link to a page is allowed.
bool from_elsewhere(std::string_view method, const transport::fields& headers, bool websocket,
                    const public_host& place, bool api);

} // namespace layerline::relay
