// An agent of the tests' own: pairs and connects as a real one, then says to each request what it was told
// to, frame by frame.
#pragma once

#include "access/handshake.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace layerline::tests {

// An HTTP/2 frame without its length and stream.
struct scripted_frame {
    std::uint8_t type = 0, flags = 0;
    std::string payload;
};
using scripted_answer = std::vector<scripted_frame>;

// Heads in HPACK's plainest form: `lines` of name and value, END_HEADERS, and END_STREAM if `last`.
scripted_frame scripted_head(const std::vector<std::pair<std::string, std::string>>& lines, bool last);
scripted_frame scripted_data(std::string bytes, bool last);
scripted_frame scripted_reset(std::uint32_t code);
// On no stream: none after `last_stream` is taken.
scripted_frame scripted_goaway(std::uint32_t last_stream, std::uint32_t code);

class scripted_agent {
public:
    // Dials the relay in a thread of its own. The n-th request gets the n-th answer, later ones the last.
    scripted_agent(const std::string& relay_url, std::vector<scripted_answer> answers,
                   std::string version = "0.1.0");
    ~scripted_agent();
    scripted_agent(const scripted_agent&) = delete;
    scripted_agent& operator=(const scripted_agent&) = delete;

    const std::string& id() const { return self_->agent_id(); }
    // The code that it shows; empty before.
    std::string code() const;

private:
    struct desk;
    std::shared_ptr<const access::identity> self_;
    std::shared_ptr<desk> desk_;
    boost::asio::io_context context_{1};
    std::thread thread_;
};

} // namespace layerline::tests
