// The agent's own refusals and their envelope.
#include "agent/answer.hpp"

#include <nlohmann/json.hpp>

namespace layerline::agent {

using nlohmann::json;

const refusal no_token{401,
                       401,
                       "token_missing",
                       "This needs a token of this agent.",
                       "Send it as `Authorization: Bearer TOKEN`; make one at the printer with "
                       "`layerline-agent token create`.",
                       true,
                       {}};
const refusal no_principal{403,
                           403,
                           "principal_missing",
                           "The relay did not say for whom this request is.",
                           "The relay must send X-Layerline-Principal and X-Layerline-Scopes.",
                           true,
                           {}};
const refusal no_such_route{404,
                            404,
                            "no_such_route",
                            "There is nothing at this address.",
                            "Commands are below /plugin-api/v1/; `capabilities` lists them.",
                            true,
                            {}};
const refusal no_files_scope{
    403, 403, "scope_missing", "This token lacks the scope \"files\".", "Use a token that has it.", true, {}};
const refusal wrong_method{405, 405, "wrong_method", "This address is read with GET.", "Use GET.", true, {}};
const refusal too_often{
    429, 429, "too_often", "Too many requests in a short time.", "Wait, then try again.", false, {}};
const refusal too_many_streams{429,
                               429,
                               "too_many_streams",
                               "Too many requests of this token are under way.",
                               "Wait until one has ended.",
                               false,
                               std::chrono::milliseconds(1000)};
const refusal store_failed{200,
                           750,
                           "agent_failure",
                           "The agent could not read its tokens: its state folder is gone, full or damaged.",
                           "Check the disk and the log of the printer's host; then try again.",
                           false,
                           {}};

own_answer answer_for(const refusal& why, std::string_view request_id)
{
    json body{{"Status", why.status},
              {"Error", why.text},
              {"Cause",
               {{"Code", why.code},
                {"Text", why.text},
                {"Advice", why.advice},
                {"Permanent", why.permanent},
                {"Hop", "agent"}}},
              {"RequestId", request_id}};
    auto answer = json_answer(why.http_status, {});
    if (why.retry_after) {
        const auto seconds = (why.retry_after->count() + 999) / 1000;
        body["RetryAfterSec"] = seconds;
        answer.head.headers.set("retry-after", std::to_string(seconds));
    }
    // Only Bearer is asked for: a browser that kept a Basic password would send it along for other sites too.
    if (why.http_status == 401) answer.head.headers.set("www-authenticate", R"(Bearer realm="layerline")");
    if (why.http_status == 405) answer.head.headers.set("allow", "GET, HEAD");
    answer.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return answer;
}

own_answer json_answer(unsigned http_status, std::string body)
{
    own_answer answer;
    answer.head.status = http_status;
    answer.head.headers.set("content-type", "application/json");
    answer.head.headers.set("cache-control", "no-store");
    answer.body = std::move(body);
    return answer;
}

std::string request_id_of(const transport::request_head& request)
{
    return std::string(request.headers.find("x-request-id").value_or(""));
}

} // namespace layerline::agent
