// The line that a program logs for each request: key=value, so that grep and every collector can read it.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::observe {

struct request_note {
    std::string_view id;  // the same at every hop
    std::string_view hop; // "relay" or "agent"
    std::string_view via; // the edge that it came in by
    std::string_view peer, principal, method, target;
    unsigned status = 0;   // HTTP; 0: no answer
    unsigned envelope = 0; // the envelope's Status, if it has one and it differs
    std::chrono::microseconds took{0};
    std::uint64_t bytes_in = 0, bytes_out = 0; // of the bodies
};

// "request id=… hop=relay via=lan peer=… principal=t-… method=GET route=/… status=200 ms=1.25 in=0 out=120".
// Never a query, a header's value or what looks like a token.
std::string to_line(const request_note& note);

// Others' text as one word of a log line: printable ASCII without blanks and quotes, the rest as "?", at most
// 200 bytes, "-" for nothing. What has the form of a token is replaced by "ll_***".
std::string as_word(std::string_view text);
// The target's path, without its query, as a word.
std::string route_word(std::string_view target);

} // namespace layerline::observe
