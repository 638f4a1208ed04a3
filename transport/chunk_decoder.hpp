// The chunked transfer coding (RFC 9112 section 7.1), taken apart strictly. Pure: it is shown bytes and says
// which of them are framing and which are data. Extensions and trailers are bounded, checked and dropped.
#pragma once

#include <cstdint>
#include <string_view>

namespace layerline::transport {

class chunk_decoder {
public:
    struct step {
        std::size_t framing = 0; // so many bytes in front are framing: drop them
        std::size_t data = 0;    // then so many bytes of data are at hand
    };

    // Looks at bytes that were not consumed yet. After it, drop `framing` bytes, use up to `data` bytes, and
    // say how many by used(). Neither framing nor data: more bytes are needed, or done(), or malformed().
    step look(std::string_view bytes);
    void used(std::size_t data) { left_ -= data; }

    bool done() const { return at_ == place::done; }
    bool malformed() const { return at_ == place::malformed; }

private:
    enum class place : std::uint8_t {
        size,       // hex digits
        extension,  // to the end of the size line
        size_lf,    // the LF after it
        data,       // the chunk's bytes
        data_cr,    // CR LF after them
        data_lf,    //
        trailer,    // at the start of a trailer line
        trailer_in, // inside of one
        trailer_lf, // the LF after one
        last_lf,    // the LF of the empty line
        done,
        malformed,
    };
    void take(char c);

    place at_ = place::size;
    std::uint64_t left_ = 0;   // of this chunk's size or data
    unsigned digits_ = 0;      // of the size
    std::size_t overhead_ = 0; // bytes of this size line, or of all trailers
};

} // namespace layerline::transport
