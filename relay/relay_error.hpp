// The relay's own answers, HTTP 6xx: one table of code, stable name, text, permanence, the HTTP status for
// strict clients, and advice. Codes that this relay never sends are listed with the reason, and have `sent`
// false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace layerline::relay {

enum class relay_errc : std::uint16_t {
    own_failure = 600,
    agent_offline = 601,
    agent_timed_out = 602,
    printer_unknown = 603,
    credentials_dead = 604,
    not_supporter = 605,
    credentials_unknown = 606,
    answer_too_large = 607,
    upload_too_large = 608,
    camera_limit = 609,
    agent_too_old = 610,
    no_beta_access = 611,
    agent_failed = 612,
    print_ended = 613,
};

struct relay_error_row {
    relay_errc code;
    std::string_view name; // stable: in the body, in metrics and docs
    std::string_view text;
    bool permanent;           // the same request will fail again
    unsigned standard_status; // with `X-Layerline-Status: standard`
    std::string_view advice;
    bool sent; // false: never, `advice` says why
};

// Every row, in the order of the codes.
std::span<const relay_error_row> relay_error_table();
const relay_error_row& row_of(relay_errc code);

} // namespace layerline::relay
