// A local web page of the kind that printers have: a page, an asset with ranges, a login by cookie, a
// redirect, uploads, server-sent events, WebSockets. On a thread and a port of its own, and it can die.
#pragma once

#include "transport/fields.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace layerline::fakes {

class fake_ui {
public:
    struct heard {
        std::string method, target;
        transport::fields headers;
        std::string header(std::string_view name) const
        {
            return std::string(headers.find(name).value_or(""));
        }
    };

    explicit fake_ui(std::uint16_t port = 0);
    ~fake_ui();
    fake_ui(const fake_ui&) = delete;
    fake_ui& operator=(const fake_ui&) = delete;

    std::uint16_t port() const;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    // Every request so far, WebSockets included.
    std::vector<heard> requests() const;
    // Lets the second event of /events go.
    void next_event();
    // Ends at once: every connection is cut, nobody listens any more.
    void die();

    // The camera at /webcam: a picture of this size each time; what is in one, or nothing if it is not whole.
    static constexpr std::size_t picture_bytes = 30'000;
    static constexpr std::chrono::milliseconds picture_every{40};
    struct picture_facts {
        int number = 0; // from 1 on
        std::chrono::steady_clock::time_point made;
    };
    static std::optional<picture_facts> facts_of(const std::string& bytes);

    // The asset: 300,000 bytes that differ.
    static const std::string& asset();

private:
    static std::string picture(int number);
    class running;
    std::unique_ptr<running> running_;
};

} // namespace layerline::fakes
