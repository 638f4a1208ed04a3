// A camera's stream from end to end: what comes from it is read at once and always, and each viewer gets the
// newest picture when it has room for one. A slow viewer misses pictures; it never gets old ones.
#pragma once

#include "camera/frame_board.hpp"
#include "transport/exchange.hpp"

#include <memory>
#include <string>

namespace layerline::camera {

// The Content-Type of frame_body.
inline constexpr const char* mixed_replace_type = "multipart/x-mixed-replace; boundary=layerline-frame";

// Looks at a whole part before anybody sees it, and may mend it; false: it is left out.
using part_check = bool (*)(frame_part& part);

// Reads multipart/x-mixed-replace from the camera to its end and puts each whole picture onto the board, then
// ends the board. `boundary` as mixed_replace_boundary() gives it. Ends when it is cancelled, too.
transport::task<void> feed(std::shared_ptr<transport::body_source> camera, std::string boundary,
                           std::shared_ptr<frame_board> onto, part_check check = nullptr);

// One viewer: multipart/x-mixed-replace of the board's pictures, with boundaries and lengths as they should
// be. Holds the picture that it gives out, and no other. Ends with the board, after the last picture.
class frame_body final : public transport::body_source {
public:
    explicit frame_body(std::shared_ptr<frame_board> from) : from_(std::move(from)) {}

    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer into) override;
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

    // Pictures given out, and those that came after the first of them and were not.
    std::uint64_t shown() const { return shown_; }
    std::uint64_t missed() const { return missed_; }

private:
    std::size_t copy(transport::net::mutable_buffer into);
    void begin(const frame& next);

    std::shared_ptr<frame_board> from_;
    frame now_; // being given out
    std::string before_ =
        "--layerline-frame\r\n"; // of the part that is being given out, or the stream's begin
    std::size_t given_ = 0;      // of before_, the picture and what closes it
    std::uint64_t last_ = 0, shown_ = 0, missed_ = 0;
};

} // namespace layerline::camera
