// A WebSocket on one stream of the tunnel (RFC 8441): its frames are the stream's body, both ways.
#pragma once

#include "transport/tunnel/tunnel_link.hpp"
#include "transport/tunnel/websocket_frames.hpp"

#include <vector>

namespace layerline::transport {

// Holds the stream; dropped, it resets what is open of it. One read and one write at a time; close() and
// abort() beside them.
class tunnel_websocket final : public message_stream, public std::enable_shared_from_this<tunnel_websocket> {
public:
    // `client`: the relay's end, whose frames are masked.
    tunnel_websocket(std::shared_ptr<tunnel_link> link, std::shared_ptr<tunnel_stream> stream, bool client,
                     std::string peer);
    ~tunnel_websocket() override;
    tunnel_websocket(const tunnel_websocket&) = delete;
    tunnel_websocket& operator=(const tunnel_websocket&) = delete;

    task<result<std::string>> read_message(std::size_t limit) override;
    task<result<std::size_t>> read_some(net::mutable_buffer into) override;
    task<result<void>> write_message(net::const_buffer bytes) override;
    task<result<message_part>> read_part(net::mutable_buffer into) override;
    task<result<void>> write_part(message_kind kind, net::const_buffer bytes, bool last) override;
    std::optional<close_words> far_close() const override { return far_close_; }
    task<void> close(std::uint16_t code, std::string reason) override;
    void abort() override;
    std::optional<std::array<unsigned char, 32>> channel_binding() override { return std::nullopt; }
    std::string peer() const override { return peer_; }

private:
    struct writing;

    task<result<message_part>> next_part(net::mutable_buffer into, clock::time_point by);
    task<void> answer_close();
    void say(frame_kind kind, std::string_view payload);
    void say_close(const close_words& words);
    void flush_control();
    std::optional<frame_mask> mask() const;
    error_code gone() const;

    std::shared_ptr<tunnel_link> link_;
    std::shared_ptr<tunnel_stream> stream_;
    std::string peer_;
    frame_reader frames_;
    std::vector<char> in_; // bytes of heads and small messages; empty while nothing is read
    std::size_t at_ = 0, have_ = 0;
    std::string control_; // frames that wait for the end of the one being written
    std::optional<close_words> far_close_;
    bool client_;
    bool reading_ = false, writing_ = false;
    bool in_message_ = false; // of what is written
    bool close_said_ = false;
};

} // namespace layerline::transport
