#include "moonraker_rig.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <future>

namespace layerline::tests {

moonraker_rig::moonraker_rig(const std::string& printer, const std::string& more_toml)
{
    start_moonraker();
    at.options().agent_printer =
        "link = \"moonraker\"\nurl = \"http://127.0.0.1:" + std::to_string(port_) + "\"\n" + printer;
    at.options().agent_toml = "[files]\nreserve_mb = 1\n" + more_toml;
}

moonraker_rig::~moonraker_rig()
{
    end_moonraker();
}

void moonraker_rig::start_moonraker()
{
    far_ = std::make_unique<fakes::fake_moonraker>(context_, port_);
    port_ = far_->port();
    context_.restart();
    thread_ = std::thread([this] {
        const auto stay = boost::asio::make_work_guard(context_);
        context_.run();
    });
}

void moonraker_rig::end_moonraker()
{
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
    far_.reset();
}

void moonraker_rig::with(const std::function<void(fakes::fake_moonraker&)>& what)
{
    std::promise<void> done;
    boost::asio::post(context_, [&] {
        what(*far_);
        done.set_value();
    });
    done.get_future().wait();
}

std::size_t moonraker_rig::count(const std::string& method)
{
    std::size_t all = 0;
    with([&](fakes::fake_moonraker& far) { all = far.count(method); });
    return all;
}

nlohmann::json moonraker_rig::wait_for(const std::string& phase) const
{
    return wait_for_phase(at.agent_url(), at.agent_token(), phase, seconds(30));
}

} // namespace layerline::tests
