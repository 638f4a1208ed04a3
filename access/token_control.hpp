// Tokens over the control socket: the part of the control service that agent and relay share.
#pragma once

#include "access/audit.hpp"
#include "access/token_service.hpp"
#include "transport/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <variant>

namespace layerline::access {

// {"id","name","scopes","printers":[…]|null (all),"created","expires","last_used","revoked"}: seconds since
// 1970 or null.
void to_json(nlohmann::json& into, const token_record& record);

// {"name":"phone","scopes":"view,control","printers":["…"],"all_printers":false,"lifetime_s":3600,
// "uploads_per_month":100}; else what is wrong, naming the field. Without `printers` the token is for all.
std::variant<token_spec, std::string> parse_token_spec(const std::string& json);

// Answers POST /control/tokens (201 with the record and its "secret"), GET /control/tokens and DELETE
// /control/tokens/<id>; false, with nothing done, if the target is another one. Changes go to the audit log.
// `store_status` is the program's own code for a store that failed: 600, or 750 or 10 under an HTTP 500.
transport::task<bool> serve_token_control(transport::exchange& call, token_service& tokens, audit_log& audit,
                                          unsigned store_status);

} // namespace layerline::access
