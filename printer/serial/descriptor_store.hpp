// The descriptors that a supervisor keeps over the death of its child, and what the child's datagrams say
// about them. Pure but for closing what it drops.
#pragma once

#include "printer/serial/service_notify.hpp"

#include <string_view>
#include <vector>

namespace layerline::printer::serial {

// What one datagram of a child asks for.
struct child_news {
    bool ready = false, alive = false, stopping = false;
};

class descriptor_store {
public:
    static constexpr std::size_t most = 4; // more are refused (closed)

    // Takes one datagram (lines of NAME=VALUE) with the descriptors that came with it.
    child_news take(std::string_view datagram, std::vector<owned_fd> with);
    // The child's port is gone when it hangs up: such descriptors are dropped.
    void drop_hung_up();
    const std::vector<kept_descriptor>& all() const { return kept_; }
    void clear() { kept_.clear(); }

private:
    std::vector<kept_descriptor> kept_;
};

} // namespace layerline::printer::serial
