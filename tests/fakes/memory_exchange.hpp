// An exchange without a network: a request made by the test, an answer kept for it.
#pragma once

#include "tests/fakes/event_flag.hpp"
#include "transport/error.hpp"
#include "transport/exchange.hpp"

#include <cstring>
#include <deque>
#include <limits>
#include <string>
#include <utility>

namespace layerline::fakes {

// A body that gives its parts one a read, and then ends, or breaks off.
class scripted_body final : public transport::body_source {
public:
    explicit scripted_body(std::deque<std::string> parts, bool breaks_off = false,
                           std::optional<std::uint64_t> told = std::nullopt)
        : parts_(std::move(parts)), breaks_off_(breaks_off), told_(told)
    {
    }
    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer into) override
    {
        if (parts_.empty()) {
            if (breaks_off_) co_return make_error_code(transport::errc::closed);
            co_return std::size_t{0};
        }
        auto& part = parts_.front();
        const auto n = std::min(into.size(), part.size());
        std::memcpy(into.data(), part.data(), n);
        part.erase(0, n);
        if (part.empty()) parts_.pop_front();
        co_return n;
    }
    std::optional<std::uint64_t> remaining() const override { return told_; }

private:
    std::deque<std::string> parts_;
    bool breaks_off_;
    std::optional<std::uint64_t> told_;
};

// A body of which nothing ever comes; reading waits until it is cancelled.
class silent_body final : public transport::body_source {
public:
    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer) override
    {
        reading = true;
        changed.ring();
        co_await never_.until([] { return false; });
        co_return std::size_t{0};
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

    bool reading = false;
    event_flag changed;

private:
    event_flag never_;
};

class memory_exchange final : public transport::exchange {
public:
    explicit memory_exchange(std::string method = "GET", std::string target = "/", std::string body = {})
        : content(transport::make_body(std::move(body)))
    {
        head.method = std::move(method);
        head.target = std::move(target);
        head.peer = "a test";
    }

    transport::request_head head;
    std::shared_ptr<transport::body_source> content;
    // What was answered.
    std::optional<transport::response_head> answer;
    std::string sent;
    bool finished = false;
    std::size_t breaks_after = std::numeric_limits<std::size_t>::max(); // bytes; then writes fail
    event_flag changed;                                                 // rings at each step of the answer

    const transport::request_head& request() const override { return head; }
    std::shared_ptr<transport::body_source> body() override { return content; }
    transport::task<transport::result<void>> respond(transport::response_head with) override
    {
        if (answer) throw std::logic_error("respond() twice");
        answer = std::move(with);
        changed.ring();
        co_return transport::result<void>();
    }
    transport::task<transport::result<void>> write(transport::net::const_buffer part) override
    {
        if (!answer || finished) throw std::logic_error("write() outside an answer");
        if (sent.size() + part.size() > breaks_after) co_return make_error_code(transport::errc::closed);
        sent.append(static_cast<const char*>(part.data()), part.size());
        changed.ring();
        co_return transport::result<void>();
    }
    bool wants_websocket() const override { return false; }
    transport::task<transport::result<std::shared_ptr<transport::message_stream>>>
    accept_websocket(transport::fields) override
    {
        co_return make_error_code(transport::errc::upgrade_refused);
    }
    transport::task<transport::result<void>> finish() override
    {
        if (!answer || finished) throw std::logic_error("finish() outside an answer");
        finished = true;
        changed.ring();
        co_return transport::result<void>();
    }

    std::string header(std::string_view name) const
    {
        return answer ? std::string(answer->headers.find(name).value_or("")) : std::string();
    }
};

} // namespace layerline::fakes
