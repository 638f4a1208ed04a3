// A camera's endless picture (multipart/x-mixed-replace, "MJPEG") taken apart into whole parts. Pure: bytes
// in, parts out. Cheap cameras keep to no standard: boundaries with and without their two dashes or another
// than was told, lines that end in LF alone, parts with no length or a wrong one. What can be understood is;
// what cannot be is no part at all, never half of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::camera {

// The boundary of a multipart/x-mixed-replace Content-Type, without quotes; empty if it tells none that can
// be used (then it is learned from the first part). Nothing if the type is another one.
std::optional<std::string> mixed_replace_boundary(std::string_view content_type);

struct frame_part {
    std::string type;   // Content-Type; "image/jpeg" if it was not told
    std::string fields; // the part's other fields as lines with CRLF, without Content-Length
    std::string bytes;
};

struct multipart_limits {
    std::size_t preamble = 64UL * 1024;   // before the first boundary
    std::size_t head = 8UL * 1024;        // of one part
    std::size_t part = 8UL * 1024 * 1024; // of one part's bytes
};

enum class multipart_fault : std::uint8_t { no_boundary, head_too_large, part_too_large };

class multipart_parser {
public:
    explicit multipart_parser(std::string boundary, multipart_limits limits = {});

    // Takes all the bytes; whole parts are put behind those in `into`. After a fault nothing more comes. A
    // part is whole when its length is here, once a length of this camera was seen to be right; else when the
    // next boundary is.
    std::optional<multipart_fault> take(std::string_view bytes, std::vector<frame_part>& into);
    // The last boundary has come; what follows is ignored.
    bool ended() const { return at_ == place::end; }
    // Bytes that are kept: at most one part, one head and what take() was given last.
    std::size_t held() const { return held_.size(); }

private:
    enum class place : std::uint8_t { preamble, boundary, head, sized, sized_end, searched, skipped, end };
    enum class step : std::uint8_t { on, more_needed };
    enum class trust : std::uint8_t { unknown, right, wrong };

    step in_preamble();
    step at_boundary();
    step in_head();
    step in_sized(std::vector<frame_part>& into);
    step at_sized_end(std::vector<frame_part>& into);
    step in_searched(std::vector<frame_part>& into);
    std::optional<std::string_view> line(std::size_t most, multipart_fault too_long);
    void note_field(std::string_view text);
    // Where the next boundary is, from `from` on; npos: not here yet, and searched_ says how far was looked.
    std::size_t find_boundary(std::size_t from);
    void emit(std::size_t end, std::vector<frame_part>& into);
    step fail(multipart_fault why);
    std::string_view rest() const { return std::string_view(held_).substr(begin_); }

    std::string told_;     // by the Content-Type
    std::string boundary_; // the whole line as it stands in this stream; empty until it was seen
    multipart_limits limits_;
    place at_ = place::preamble;
    std::string held_;
    std::size_t begin_ = 0;    // what is before it in held_ is done with
    std::size_t searched_ = 0; // no boundary begins before it
    std::size_t spent_ = 0;    // bytes of the preamble or of this head
    frame_part part_;          // its fields, while its bytes come
    std::optional<std::uint64_t> length_;
    trust lengths_ = trust::unknown;
    std::optional<multipart_fault> fault_;
};

} // namespace layerline::camera
