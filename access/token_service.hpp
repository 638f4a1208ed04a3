// Tokens: made, looked up from memory, listed, revoked. The relay and the agent use the same code.
#pragma once

#include "access/scope.hpp"
#include "transport/net.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace layerline::access {

class store; // access/store.hpp: SQLite on a thread of its own

struct token_spec {
    std::string name; // 1-64 printable characters
    scope_set scopes;
    std::vector<std::string> printers; // agent ids
    bool all_printers = false;
    std::optional<std::chrono::seconds> lifetime; // none: until revoked
    // For the workshop alone; none: as many as its configuration says.
    std::optional<std::uint32_t> uploads_per_month = {};
};
struct token_record {
    std::string id;
    token_spec spec;
    std::int64_t created_unix = 0;
    std::optional<std::int64_t> expires_unix, last_used_unix, revoked_unix;
};
struct new_token {
    token_record record;
    std::string secret;
}; // the secret is shown this once: "ll_" + 43 base64url

enum class credential_fault : std::uint8_t {
    unknown, // none, malformed or not ours: 606, one answer
    dead,    // revoked or expired: 604
    store,   // the store did not answer: 600
};
using authentication = std::variant<principal, credential_fault>;

// A principal whose token may be over by time, for what it may still do then. A revoked one is dead.
struct token_standing {
    principal who;
    bool expired = false;
};
using standing = std::variant<token_standing, credential_fault>;

// Tokens that have been dead for this long are forgotten, when the store is read first and when a new one is
// made.
inline constexpr std::chrono::hours dead_tokens_kept{24 * 90};

class token_service {
public:
    virtual ~token_service() = default;
    virtual transport::task<transport::result<new_token>> create(token_spec spec) = 0;
    virtual transport::task<transport::result<std::vector<token_record>>> list() = 0;
    // Returns after no answer from memory can let the token pass any more. False when there is no such id.
    virtual transport::task<transport::result<bool>> revoke(std::string id) = 0;
    // `secret` is the whole token. Same work for every kind of wrong.
    virtual transport::task<authentication> authenticate(std::string secret) = 0;
    // The same, but that a token whose time is over is told as that, and by a token's id, for a caller who
    // proved its secret before.
    virtual transport::task<standing> standing_of_secret(std::string secret) = 0;
    virtual transport::task<standing> standing_of_id(std::string id) = 0;
    // Called with the id of each token that is revoked, before revoke() returns, on the caller's thread. One
    // listener; set it before anything is served.
    virtual void on_revoked(std::function<void(const std::string&)> listener) = 0;
    // Whether any live token exists.
    virtual transport::task<transport::result<bool>> any() = 0;
};
std::unique_ptr<token_service> make_token_service(store& keeper);

// The token of an Authorization header: "Bearer X", or Basic with the token as the password. Nothing if
// malformed.
std::optional<std::string> secret_from_authorization(std::string_view header);
// The same, or else what an X-Api-Key field holds, where one is taken: slicers send theirs so.
std::optional<std::string> secret_of(std::optional<std::string_view> authorization,
                                     std::optional<std::string_view> api_key);

} // namespace layerline::access
