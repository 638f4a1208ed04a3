#include "workshop/service/token_request.hpp"

#include "access/base64.hpp"
#include "workshop/operations/parameters.hpp"
#include "workshop/service/model_routes.hpp"

#include <algorithm>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_value = 512;

bool has_client(std::string_view authorization)
{
    constexpr std::string_view scheme = "basic ";
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (authorization.size() <= scheme.size() || authorization.size() > 2 * most_value) return false;
    if (!std::equal(scheme.begin(), scheme.end(), authorization.begin(),
                    [&](char a, char b) { return a == lower(b); }))
        return false;
    const auto bytes = access::from_base64(authorization.substr(scheme.size()));
    return bytes && std::find(bytes->begin(), bytes->end(), ':') != bytes->end();
}

} // namespace

model_result<token_request> parse_token_request(std::string_view authorization, std::string_view body)
{
    if (!has_client(authorization))
        return model_failure{model_errc::access_denied,
                             "Access denied: the client's id and secret are missing (HTTP Basic)."};
    token_request asked;
    const auto grant = query_value(body, "grant_type");
    const auto take = [body](const char* name, std::string& into) {
        into = query_value(body, name);
        return !into.empty() && into.size() <= most_value;
    };
    if (grant == "password") {
        if (!take("username", asked.user)) return invalid_parameter("username");
        if (!take("password", asked.secret)) return invalid_parameter("password");
        return asked;
    }
    if (grant != "refresh_token") return invalid_parameter("grant_type");
    asked.grant = token_grant::refresh;
    if (!take("refresh_token", asked.secret)) return invalid_parameter("refresh_token");
    return asked;
}

} // namespace layerline::workshop
