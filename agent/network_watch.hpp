// Hears from the kernel when a link comes up or an address is added: then dialling is likely to succeed.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <string_view>

namespace layerline::agent {

// Whether a datagram of the kernel's (rtnetlink) tells of a new address or of a link that carries, loopback
// apart. Pure; anything malformed is no news.
bool tells_of_a_way_out(std::string_view datagram);

class network_watch {
public:
    // `news` is called on the context. Without leave to listen to the kernel there is never any news.
    network_watch(transport::net::io_context& context, std::function<void()> news);
    // Until stop().
    transport::task<void> run();
    void stop();

private:
    transport::net::posix::stream_descriptor kernel_;
    std::function<void()> news_;
};

} // namespace layerline::agent
