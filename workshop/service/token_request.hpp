// The form with which the vendor's SDKs ask for a token (OAuth 2.0, sections 4.3 and 6). Pure.
#pragma once

#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::workshop {

enum class token_grant : std::uint8_t { password, refresh };

struct token_request {
    token_grant grant = token_grant::password;
    std::string user, secret; // of a password grant; of the other `secret` is the refresh token
};

// Of the Authorization field and the body; each value is at most 512 bytes. 12 if there are no client
// credentials, which say for what program somebody asks and are not looked at any further; 13 names what is
// wrong with the form.
model_result<token_request> parse_token_request(std::string_view authorization, std::string_view body);

} // namespace layerline::workshop
