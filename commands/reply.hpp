// What a command says: a result, or a failure with its cause; and the JSON envelope it travels in.
#pragma once

#include "commands/status.hpp"

#include <nlohmann/json_fwd.hpp>

#include <boost/system/result.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace layerline::commands {

// An answer in an envelope is at most this long; past it the caller gets 753.
inline constexpr std::size_t max_envelope_bytes = std::size_t{1024} * 1024;

// A failure as a value. `code`, `text` and `advice` come from a table and live for ever.
struct failure {
    int status = 750;
    std::string error; // one sentence of what happened here
    std::string_view code, text, advice;
    hop at = hop::agent;
};

// A failure of our own, described by the status table's row.
failure fail(int status, std::string error);
// A failure that the printer's side reported.
failure fail(const printer::printer_failure& why);

template <class T>
using outcome = boost::system::result<T, failure>;

// boost::system::result asks for this; value() on a failure is a bug of ours.
[[noreturn]] void throw_exception_from_error(const failure& why, const boost::source_location&);

// The envelope as text. Invalid UTF-8 is shown as U+FFFD. A success that would exceed `limit` becomes 753.
// `beside` may hold what is known in spite of the failure; it is left out when it is too large.
struct envelope {
    int status = 200; // what the text says; may differ from what was asked by 753
    std::string text;
};
envelope encode_success(const nlohmann::json& result, std::string_view request_id,
                        std::size_t limit = max_envelope_bytes);
// The same for a result that is JSON text already.
envelope encode_success_text(std::string_view result, std::string_view request_id,
                             std::size_t limit = max_envelope_bytes);
envelope encode_failure(const failure& why, const nlohmann::json* beside, std::string_view request_id,
                        std::size_t limit = max_envelope_bytes);

// The HTTP status of an answer in an envelope: 200, but 403 for a missing scope. A raw endpoint uses HTTP's
// codes, and 400 where the `Status` is none of HTTP's.
unsigned http_status_of(int status, bool raw_endpoint);

} // namespace layerline::commands
