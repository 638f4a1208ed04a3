// The texts, in one place.
#include "agent/ui_refusals.hpp"

#include "transport/error.hpp"

namespace layerline::agent {

const refusal ui_switched_off{
    403,
    403,
    "ui_switched_off",
    "Whole local pages are switched off at this printer.",
    "Its owner switches them on by taking \"ui\" out of forbidden_scopes in policy.toml.",
    true,
    {}};
const refusal ui_no_scope{403,
                          403,
                          "scope_missing",
                          "This token lacks the scope \"ui\".",
                          "Whole local pages are equal to owning the printer's host; ask its owner.",
                          true,
                          {}};
const refusal ui_bad_place{502,
                           502,
                           "ui_bad_place",
                           "The relay did not say which public host this is for.",
                           "The relay must send X-Layerline-Host and X-Layerline-Scheme.",
                           true,
                           {}};
const refusal ui_busy{503,
                      503,
                      "ui_busy",
                      "Too many pages and streams of the local UI are open.",
                      "Close some, then try again.",
                      false,
                      std::chrono::milliseconds(2000)};
const refusal ui_unreachable{502,
                             502,
                             "ui_unreachable",
                             "The local UI does not answer at its address.",
                             "Check that it runs, and its url in agent.toml.",
                             false,
                             {}};
const refusal ui_broke_off{502,
                           502,
                           "ui_failed",
                           "The local UI broke the exchange off.",
                           "Look at the state before trying again: the request may have been carried out.",
                           false,
                           {}};

namespace {

const refusal bad_path{
    400,
    400,
    "ui_bad_path",
    "This path is not passed on to a local UI.",
    "Paths with \".\" or \"..\" segments, control characters or broken escapes are refused.",
    true,
    {}};
const refusal bad_method{405,
                         405,
                         "ui_bad_method",
                         "This method is not passed on to a local UI.",
                         "CONNECT and TRACE are refused.",
                         true,
                         {}};
const refusal bad_field{400,
                        400,
                        "ui_bad_field",
                        "A header field of this request is not passed on.",
                        "Fields with control characters or over 8 KiB are refused.",
                        true,
                        {}};
const refusal foreign_origin{
    403,  403, "foreign_origin", "A page of another site asked for this.", "Open the printer's own page.",
    true, {}};
const refusal no_target{404,
                        404,
                        "ui_not_configured",
                        "No local UI is offered at this path.",
                        "The printer's owner lists them as [[ui.target]] in agent.toml.",
                        true,
                        {}};
const refusal too_slow{504,
                       504,
                       "ui_timed_out",
                       "The local UI did not answer in time.",
                       "Look at the state before trying again: the request may have been carried out.",
                       false,
                       {}};

} // namespace

const refusal& ui_refusal_for(ui_fault why)
{
    switch (why) {
    case ui_fault::bad_path:
        return bad_path;
    case ui_fault::bad_method:
        return bad_method;
    case ui_fault::bad_field:
        return bad_field;
    case ui_fault::foreign_origin:
        return foreign_origin;
    case ui_fault::no_target:
        break;
    }
    return no_target;
}

const refusal& ui_refusal_for(const transport::error_code& why)
{
    if (why == transport::errc::timed_out) return too_slow;
    if (why == transport::errc::unreachable || why == transport::errc::certificate_refused)
        return ui_unreachable;
    return ui_broke_off;
}

} // namespace layerline::agent
