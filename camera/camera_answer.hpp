// What a camera's answer is worth: a stream, a picture, or trouble with words for it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace layerline::camera {

enum class trouble_kind : std::uint8_t {
    away,        // no connection, or no name
    silent,      // nothing came in time
    refused,     // it answered, with an error
    no_pictures, // it answered, with something else
    too_large,   // more than one picture may have
    broke_off,   // it was well, and ended
};
// `text` goes on after the camera's name: "answered HTTP 401: …".
struct trouble {
    trouble_kind kind = trouble_kind::away;
    std::string text;
};

// Of an answer's head; the texts are empty where it told nothing.
struct answer_facts {
    unsigned status = 0;
    std::string_view type, encoding;
};

// The boundary for multipart_parser, or why there is no stream.
std::variant<std::string, trouble> stream_boundary(const answer_facts& answer);
// Why the body cannot be a picture; nothing if it may be.
std::optional<trouble> snapshot_fault(const answer_facts& answer);

} // namespace layerline::camera
