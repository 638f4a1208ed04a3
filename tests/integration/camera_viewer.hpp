// Watches a camera's stream through a relay as a phone does: on a line of its own that may be slow.
#pragma once

#include "camera/multipart_parser.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::tests {

class camera_viewer {
public:
    struct sight {
        int number = 0;
        std::chrono::milliseconds age{0}; // when its last byte came
    };
    // What is in one whole part; fails the test if it is not whole.
    using reader = std::function<sight(const camera::frame_part&)>;

    // Sends `head` to 127.0.0.1:port; reads at most `rate` bytes a second; 0: as fast as it comes.
    camera_viewer(std::uint16_t port, const std::string& head, std::size_t rate, reader read);
    ~camera_viewer();
    camera_viewer(const camera_viewer&) = delete;
    camera_viewer& operator=(const camera_viewer&) = delete;

    // What it saw in `time`, or until `enough` pictures; fails the test at a picture that is not whole, and
    // when the stream ends.
    std::vector<sight> watch(std::chrono::milliseconds time, std::size_t enough = SIZE_MAX);
    // Reads on until the stream ends (its last chunk, or the far end closes); false when `patience` is over
    // before.
    bool sees_end(std::chrono::seconds patience);
    // The answer's head, once something was watched.
    const std::string& head() const { return head_; }

private:
    void note(std::string_view bytes, std::vector<sight>& seen);

    int socket_;
    std::size_t rate_;
    reader read_;
    std::string wire_, head_;
    std::size_t chunk_ = 0; // what is left of it
    bool ended_ = false;    // the last chunk was here
    camera::multipart_parser parser_{"layerline-frame"};
};

} // namespace layerline::tests
