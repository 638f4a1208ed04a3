// The newest whole picture of a camera, for any number of viewers: a new one takes the place of the old one,
// whether anybody saw that or not.
#pragma once

#include "camera/multipart_parser.hpp"
#include "transport/net.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace layerline::camera {

using frame = std::shared_ptr<const frame_part>;

// Belongs to one io_context.
class frame_board {
public:
    explicit frame_board(const transport::net::io_executor& executor)
        : changed_(executor, transport::clock::time_point::max())
    {
    }
    frame_board(const frame_board&) = delete;
    frame_board& operator=(const frame_board&) = delete;

    void put(frame_part newest);
    // No more will come; `why` is clear where the camera ended in good order. The first end counts.
    void end(transport::error_code why);

    // The newest one, and its number from 1 on; 0 and null before the first.
    const frame& newest() const { return newest_; }
    std::uint64_t number() const { return number_; }
    const std::optional<transport::error_code>& ended() const { return ended_; }
    // Until the next put() or end().
    transport::task<void> change();

private:
    frame newest_;
    std::uint64_t number_ = 0;
    std::optional<transport::error_code> ended_;
    transport::net::steady_timer changed_; // used as an event
};

} // namespace layerline::camera
