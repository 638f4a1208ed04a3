// Two running copies of one agent's key (a cloned card) take the tunnel from each other without end. Who is
// found doing so is kept out, with a reason, until only one of the copies asks. Pure: the clock is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

namespace layerline::relay {

class clone_watch {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // More than this many take-overs within the window, one of them by a copy that had been displaced before:
    // a host that is only restarted again and again is a new instance each time and never returns.
    static constexpr std::size_t takeovers_allowed = 3;
    static constexpr std::chrono::minutes window{5};
    // When an agent in quarantine should ask again, and for how long nobody but that instance may have asked
    // before it is let in. Longer than `ask_again`, or two copies that ask in turn would both get in.
    static constexpr std::chrono::minutes ask_again{5};
    static constexpr std::chrono::minutes alone_for{6};

    // A tunnel of the instance `newer` took over from a live one of `older`. True: the agent is in quarantine
    // from now on, and neither may keep its tunnel.
    bool took_over(const std::string& agent_id, const std::string& older, const std::string& newer,
                   time_point now);
    // An instance asks to come in; false while the agent is in quarantine.
    bool admits(const std::string& agent_id, const std::string& instance, time_point now);
    // Whether copies of this agent were kept out, and were here within the last minutes.
    bool in_quarantine(const std::string& agent_id, time_point now) const;
    // Its owner gave the printer up.
    void forget(const std::string& agent_id) { agents_.erase(agent_id); }

private:
    struct takeover {
        std::string from;
        time_point at{};
        bool by_a_returner = false;
    };
    struct watched {
        std::deque<takeover> recent;
        std::map<std::string, time_point> asked; // in quarantine: who asked when, the copies first
        bool quarantined = false;
    };
    static void note_asking(watched& one, const std::string& instance, time_point now);

    std::map<std::string, watched> agents_; // claimed agents only, so bounded by the store
};

} // namespace layerline::relay
