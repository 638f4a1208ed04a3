// A cheap camera on threads and a port of its own: HTTP/1.0, a boundary with dashes of its own, parts without
// a length, JPEGs without an end. It counts who looks, and it can die.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::fakes {

class fake_camera {
public:
    explicit fake_camera(std::uint16_t port = 0);
    ~fake_camera();
    fake_camera(const fake_camera&) = delete;
    fake_camera& operator=(const fake_camera&) = delete;

    std::uint16_t port() const;
    // Paths: /stream, /snapshot; /frozen sends one picture and then nothing, /hang no answer, /empty a stream
    // without a picture, /gzip encoded pictures, /locked wants a user, /moved points elsewhere.
    std::string url(const std::string& path) const;

    struct counts {
        int streaming = 0; // connections to /stream and /frozen now
        int streams = 0;   // so far
        int snapshots = 0; // so far
    };
    counts so_far() const;
    // Until the counts are so; false when `patience` is over.
    bool becomes(const std::function<bool(const counts&)>& so, std::chrono::seconds patience) const;
    // The Authorization field of the last request; empty: none.
    std::string last_authorization() const;
    // Cuts every connection; nobody listens any more.
    void die();

    static constexpr std::size_t picture_bytes = 30'000; // with its end, as it is to arrive
    static constexpr std::chrono::milliseconds picture_every{40};
    struct picture_facts {
        int number = 0; // from 1 on, in one stream
        std::chrono::steady_clock::time_point made;
    };
    // What is in a picture; nothing if it is not whole, with its end.
    static std::optional<picture_facts> facts_of(const std::string& bytes);

private:
    class running;
    std::unique_ptr<running> running_;
};

} // namespace layerline::fakes
