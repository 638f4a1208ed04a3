#include "relay/answer.hpp"

#include <nlohmann/json.hpp>

namespace layerline::relay {

namespace {

using json = nlohmann::ordered_json;

own_answer envelope(unsigned http_status, unsigned status, std::string_view error, json cause,
                    std::string_view hop, std::string_view request_id,
                    std::optional<std::chrono::seconds> retry_after)
{
    json body{{"Status", status}, {"Error", error},          {"Cause", std::move(cause)},
              {"Hop", hop},       {"RequestId", request_id}, {"RetryAfterSec", nullptr}};
    own_answer answer;
    answer.head.status = http_status;
    answer.head.headers.set("content-type", "application/json");
    answer.head.headers.set("cache-control", "no-store");
    if (retry_after) {
        body["RetryAfterSec"] = retry_after->count();
        answer.head.headers.set("retry-after", std::to_string(retry_after->count()));
    }
    if (http_status == 401) answer.head.headers.set("www-authenticate", R"(Bearer realm="layerline")");
    answer.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return answer;
}

} // namespace

own_answer answer_for(relay_errc code, std::string_view hop, std::string_view request_id, bool standard,
                      std::optional<std::chrono::seconds> retry_after, std::string_view detail)
{
    const auto& row = row_of(code);
    const auto number = static_cast<unsigned>(code);
    return envelope(
        standard ? row.standard_status : number, number, detail.empty() ? row.text : detail,
        json{{"Code", row.name}, {"Text", row.text}, {"Advice", row.advice}, {"Permanent", row.permanent}},
        hop, request_id, retry_after);
}

own_answer plain_answer(unsigned status, std::string_view name, std::string_view text,
                        std::string_view request_id, std::optional<std::chrono::seconds> retry_after)
{
    return envelope(status, status, text, json{{"Code", name}, {"Text", text}}, "relay", request_id,
                    retry_after);
}

bool wants_standard_status(const transport::request_head& request)
{
    return request.headers.find("x-layerline-status") == std::optional<std::string_view>("standard");
}

std::string_view request_id_of(const transport::request_head& request)
{
    return request.headers.find("x-request-id").value_or("");
}

} // namespace layerline::relay
