#include "relay/relay_error.hpp"

#include <array>

namespace layerline::relay {

namespace {

constexpr std::array rows{
    relay_error_row{relay_errc::own_failure, "relay_failed", "The relay itself failed.", false, 503,
                    "Try again; if it stays, look at the relay's log: its store may be locked or damaged.",
                    true},
    relay_error_row{relay_errc::agent_offline, "agent_offline",
                    "The printer's agent is not connected to the relay.", false, 503,
                    "Check that the agent's host is on and has its network; it reconnects by itself.", true},
    relay_error_row{relay_errc::agent_timed_out, "agent_timed_out",
                    "The agent is connected but did not answer in time.", false, 504,
                    "Ask for the status before trying again: a command may have been carried out.", true},
    relay_error_row{
        relay_errc::printer_unknown, "printer_unknown",
        "There is no such printer, or this token is not for it.", true, 404,
        "Check the printer's id, and with `layerline-relay token list` which printers the token is for.",
        true},
    relay_error_row{relay_errc::credentials_dead, "credentials_dead",
                    "This token was revoked or has expired.", true, 401,
                    "Make a new token with `layerline-relay token create`.", true},
    relay_error_row{relay_errc::not_supporter, "not_supporter", "The account's plan does not include this.",
                    true, 403, "Never sent: Layerline has no paid plans.", false},
    relay_error_row{relay_errc::credentials_unknown, "credentials_unknown",
                    "No token, or none that this relay knows.", true, 401,
                    "Send `Authorization: Bearer TOKEN`, or Basic with the token as the password.", true},
    relay_error_row{relay_errc::answer_too_large, "answer_too_large",
                    "The answer is larger than the relay passes on.", true, 502,
                    "Fetch the file on the local network, or raise `limits.max_download_mb` in relay.toml.",
                    true},
    relay_error_row{relay_errc::upload_too_large, "upload_too_large",
                    "The upload is larger than the relay passes on.", true, 413,
                    "Upload on the local network, or raise `limits.max_upload_mb` in relay.toml.", true},
    relay_error_row{
        relay_errc::camera_limit, "camera_limit", "Too many camera views at once.", false, 429,
        "Close another view of this printer, or raise `limits.camera_streams_per_token` in relay.toml.",
        true},
    relay_error_row{relay_errc::agent_too_old, "agent_too_old", "The agent is older than this relay accepts.",
                    true, 502, "Upgrade Layerline on the printer's host.", true},
    relay_error_row{relay_errc::no_beta_access, "no_beta_access",
                    "The account has no access to beta features.", true, 403,
                    "Never sent: Layerline has no beta accounts.", false},
    relay_error_row{relay_errc::agent_failed, "agent_failed", "The agent broke the exchange off.", false, 502,
                    "Ask for the status before trying again: a command may have been carried out.", true},
    relay_error_row{relay_errc::print_ended, "print_ended",
                    "The print that this guest link was for has ended.", true, 403,
                    "Not sent yet: it comes with guest links to one print.", false},
};

constexpr bool codes_are_dense()
{
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].code) != 600 + i) return false;
    return true;
}
static_assert(codes_are_dense(), "row i holds code 600 + i: the look-up is an index");

} // namespace

std::span<const relay_error_row> relay_error_table()
{
    return rows;
}

const relay_error_row& row_of(relay_errc code)
{
    return rows[static_cast<std::size_t>(code) - 600];
}

} // namespace layerline::relay
