// What goes on under a token (event streams, downloads, WebSockets), so that it ends when the token does. One
// io_context.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace layerline::access {

class open_uses {
public:
    // One use, for as long as it lives. The uses must outlive it.
    class use {
    public:
        // `until`: when the token's time is over; none: never by itself.
        use(open_uses& all, const transport::net::io_executor& executor, const std::string& token_id,
            std::optional<transport::clock::time_point> until);
        ~use();
        use(const use&) = delete;
        use& operator=(const use&) = delete;
        // Returns once the token is dead. For `||` beside what is done under it; one waiter at a time.
        transport::task<void> ended();
        // The same, and at `by` at the latest.
        transport::task<void> ended_by(transport::clock::time_point by);
        bool over() const { return cut_ || transport::clock::now() >= until_; }
        // When the token's time is over: time_point::max() if never.
        transport::clock::time_point until() const { return until_; }
        // Instead of ended(): called by cut(), at once, from whatever code revoked the token.
        void when_cut(std::function<void()> then) { then_ = std::move(then); }

    private:
        friend class open_uses;
        open_uses& all_;
        transport::net::io_executor executor_;
        std::optional<transport::net::steady_timer> bell_; // once somebody waits
        transport::clock::time_point until_;
        std::multimap<std::string, use*>::iterator place_;
        bool cut_ = false;
        std::function<void()> then_;
    };

    // The token died: whoever waits in ended() goes on, in later turns of the context.
    void cut(const std::string& token_id);
    // How many are open under this token, and in all.
    std::size_t count(const std::string& token_id) const { return open_.count(token_id); }
    std::size_t size() const { return open_.size(); }

private:
    std::multimap<std::string, use*> open_;
};

} // namespace layerline::access
