// Transitions of the dialler's machine.
#include "transport/tunnel/dial_planner.hpp"

#include "transport/error.hpp"

#include <algorithm>

namespace layerline::transport {

namespace {

// A link that flaps must not make every agent behind it dial with each flap.
constexpr std::chrono::milliseconds between_eager_dials{1000};

} // namespace

dial_planner::dial_planner(dial_settings settings)
    : settings_(settings), pause_(settings.floor, settings.ceiling, settings.seed),
      struck_out_(std::max<std::size_t>(settings.addresses, 1), false)
{
}

dial_planner::action dial_planner::dial_now(time_point now)
{
    phase_ = phase::dialling;
    dialled_at_ = now;
    dialled_once_ = true;
    return dial{address_};
}

dial_planner::action dial_planner::wait(time_point now, std::chrono::milliseconds most)
{
    phase_ = phase::waiting;
    wait_until_ = now + pause_.next(most);
    return wait_until{wait_until_};
}

// On to the next address that is left; true when the round of all addresses is complete.
bool dial_planner::next_address()
{
    bool round_complete = false;
    for (std::size_t i = 0; i < struck_out_.size(); ++i) {
        address_ = (address_ + 1) % struck_out_.size();
        round_complete = round_complete || address_ == 0;
        if (!struck_out_[address_]) break;
    }
    return round_complete;
}

void dial_planner::clean_slate()
{
    pause_.reset();
    struck_out_.assign(struck_out_.size(), false);
    address_ = 0;
    again_at_once_ = false;
}

dial_planner::action dial_planner::strike(time_point now, boost::system::error_code why)
{
    struck_out_[address_] = true;
    const bool all = std::find(struck_out_.begin(), struck_out_.end(), false) == struck_out_.end();
    if (all || why == errc::superseded) {
        phase_ = phase::given_up;
        return give_up{why};
    }
    const auto then = wait(now, settings_.ceiling);
    if (next_address()) pause_.fail();
    return then;
}

dial_planner::action dial_planner::start(time_point now)
{
    if (phase_ != phase::fresh) return nothing{};
    return dial_now(now);
}

dial_planner::action dial_planner::dialled(time_point now)
{
    if (phase_ != phase::dialling) return nothing{};
    phase_ = phase::up;
    up_since_ = now;
    return nothing{};
}

dial_planner::action dial_planner::refused(time_point now, boost::system::error_code why)
{
    if (phase_ != phase::dialling) return nothing{};
    if (!worth_retrying(why)) return strike(now, why);
    const auto then = wait(now, settings_.ceiling);
    if (next_address()) pause_.fail();
    return then;
}

dial_planner::action dial_planner::tunnel_ended(time_point now, boost::system::error_code why)
{
    if (phase_ != phase::up) return nothing{};
    if (again_at_once_) {
        clean_slate();
        return dial_now(now);
    }
    const auto lived = std::chrono::duration_cast<std::chrono::milliseconds>(now - up_since_);
    const bool was_healthy = lived >= settings_.healthy;
    if (was_healthy) pause_.reset();
    if (!worth_retrying(why)) return strike(now, why);
    const auto then = wait(now, lived >= settings_.carried ? lived / 4 : settings_.ceiling);
    // A relay that carried well is tried first again; one that dropped us young comes after the others.
    if (!was_healthy && next_address()) pause_.fail();
    return then;
}

dial_planner::action dial_planner::woken(time_point now)
{
    if (phase_ != phase::waiting) return nothing{};
    if (now < wait_until_) return wait_until{wait_until_};
    return dial_now(now);
}

dial_planner::action dial_planner::network_changed(time_point now)
{
    if (phase_ != phase::waiting) return nothing{};
    pause_.reset(); // what failed on the old network says nothing about this one
    const auto earliest = dialled_once_ ? dialled_at_ + between_eager_dials : now;
    if (now >= earliest) return dial_now(now);
    wait_until_ = std::min(wait_until_, earliest);
    return wait_until{wait_until_};
}

dial_planner::action dial_planner::asked_to_reconnect(time_point now)
{
    switch (phase_) {
    case phase::waiting:
    case phase::given_up:
        clean_slate();
        return dial_now(now);
    case phase::dialling:
        // The dial under way is the one that was asked for; other addresses and short waits come after it.
        pause_.reset();
        struck_out_.assign(struck_out_.size(), false);
        return nothing{};
    case phase::up:
        again_at_once_ = true;
        return nothing{};
    case phase::fresh:
    case phase::stopped:
        break;
    }
    return nothing{};
}

dial_planner::action dial_planner::stop()
{
    phase_ = phase::stopped;
    return nothing{};
}

} // namespace layerline::transport
