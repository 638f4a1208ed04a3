// What goes on under a token (event streams, downloads, WebSockets), so that it ends when the token does. One
// io_context.
#pragma once

#include "transport/net.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

namespace layerline::access {

class open_uses {
    struct group;

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
        group* group_;
        use *before_ = nullptr, *after_; // in its group
        bool cut_ = false;
        std::function<void()> then_;
    };

    // The token died: whoever waits in ended() goes on, in later turns of the context.
    void cut(const std::string& token_id);
    // How many are open under this token, and in all.
    std::size_t count(const std::string& token_id) const;
    std::size_t size() const { return size_; }

private:
    // The uses of one token, the newest first: each request begins and ends one.
    struct group {
        std::string token_id;
        use* first = nullptr;
        std::size_t count = 0;
    };
    std::unordered_map<std::string, group> open_; // groups stay where they are
    std::size_t size_ = 0;
};

} // namespace layerline::access
