// One exchange as the HTTP/1.1 server sees it: the request's body taken from the connection, the answer
// written to it, with its length kept to.
#pragma once

#include "transport/http_head.hpp"
#include "transport/http_server.hpp"
#include "transport/wire_reader.hpp"

#include <functional>
#include <memory>

namespace layerline::transport {

class http_exchange final : public exchange {
public:
    // `quiet` is called each time no more request bytes are expected while the answer is still due.
    http_exchange(std::shared_ptr<wire_reader> wire, parsed_request request, const http_limits& limits,
                  std::function<void()> quiet);
    http_exchange(const http_exchange&) = delete;
    http_exchange& operator=(const http_exchange&) = delete;
    ~http_exchange() override;

    const request_head& request() const override { return request_.head; }
    std::shared_ptr<body_source> body() override;
    task<result<void>> respond(response_head head) override;
    task<result<void>> write(net::const_buffer part) override;
    bool wants_websocket() const override;
    task<result<std::shared_ptr<message_stream>>> accept_websocket(fields headers) override;
    task<result<void>> finish() override;

    // What the connection asks afterwards.
    bool begun() const { return begun_; }
    bool finished() const { return finished_ && !broken_; }
    bool handed_over() const { return handed_over_; }
    bool keeps_alive() const { return keep_alive_; }
    // An answer without a length, begun and not ended.
    bool streaming() const { return begun_ && !finished_ && !has_length_; }
    bool has_length() const { return begun_ && has_length_; }
    // The service is done: whoever still holds the body gets no more of it.
    void end_body();
    // The next answers say that the connection closes.
    void last_one() { keep_alive_ = false; }

private:
    class incoming; // the request's body
    struct interim; // the "100 Continue" that the body's first read sends

    bool bodiless() const;
    bool send_now(std::array<net::const_buffer, 3>& parts);
    task<result<void>> send(std::array<net::const_buffer, 3> parts);

    std::shared_ptr<wire_reader> wire_;
    parsed_request request_;
    http_limits limits_;
    std::shared_ptr<interim> interim_; // none if the caller waits for nothing before it sends the body
    std::shared_ptr<incoming> incoming_;
    std::function<void()> quiet_; // put off: the caller may still get a WebSocket

    bool keep_alive_;
    bool begun_ = false, finished_ = false, handed_over_ = false;
    bool broken_ = false; // the answer on the wire is not whole: the connection must go
    bool chunked_ = false, has_length_ = false;
    std::uint64_t left_ = 0; // of the length
    unsigned status_ = 0;
    std::string held_; // a head not sent yet
};

// The body of the edge's own answers.
std::string error_body(unsigned status, std::string_view why, std::string_view request_id);

} // namespace layerline::transport
