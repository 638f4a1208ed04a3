// A real agent whose printer is a Klipper behind a fake Moonraker, which runs on a thread of its own.
#pragma once

#include "rig.hpp"
#include "tests/fakes/fake_moonraker.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace layerline::tests {

class moonraker_rig {
public:
    // `printer` is more of the agent's [printer]; Moonraker listens, and nothing else is started yet.
    explicit moonraker_rig(const std::string& printer = {}, const std::string& more_toml = {});
    ~moonraker_rig();
    moonraker_rig(const moonraker_rig&) = delete;
    moonraker_rig& operator=(const moonraker_rig&) = delete;

    // Does something with the fake on its own thread, and waits until that is done.
    void with(const std::function<void(fakes::fake_moonraker&)>& what);
    // How often a method was called so far.
    std::size_t count(const std::string& method);
    std::uint16_t port() const { return port_; }
    // Moonraker ends at once, and comes back at the same port.
    void end_moonraker();
    void start_moonraker();

    nlohmann::json wait_for(const std::string& phase) const;

    rig at;

private:
    boost::asio::io_context context_{1};
    std::unique_ptr<fakes::fake_moonraker> far_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

} // namespace layerline::tests
