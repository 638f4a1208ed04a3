// Who asks: a token of the workshop's own, a session that was begun with one, or, on the unix socket, whom
// the agent or the relay says.
#pragma once

#include "access/token_service.hpp"
#include "transport/exchange.hpp"
#include "workshop/jobs/ledger_thread.hpp"
#include "workshop/service/model_answer.hpp"

#include <optional>
#include <string>

namespace layerline::workshop {

struct caller {
    std::string owner;    // whose files and operations it sees
    bool expired = false; // the token's time is over: downloads only
    // The token's own number, in place of the configuration's; 0: any.
    std::optional<std::uint64_t> uploads_per_month = {};
};

class callers {
public:
    // Both must outlive it.
    callers(access::token_service& tokens, ledger_thread& kept) : tokens_(tokens), kept_(kept) {}

    // 12 where there is none; `status` is set where another than the code's own fits better.
    transport::task<model_result<caller>> of(const transport::request_head& request,
                                             std::optional<unsigned>& status);
    // Answers POST /token: a session, for a token's name and secret, or for a refresh token. Over the unix
    // socket the token is somebody else's, and is given back as what to go on with.
    transport::task<model_answer> sign_in(transport::exchange& call);

private:
    transport::task<access::standing> standing_of(std::string secret);
    transport::task<model_answer> begin_session(std::string token);
    transport::task<model_result<access::token_standing>> holder_of(std::string secret, const char* kind);

    access::token_service& tokens_;
    ledger_thread& kept_;
};

} // namespace layerline::workshop
