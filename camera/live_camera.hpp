// One camera for all who look: one connection to it however many viewers there are, made when the first one
// comes and ended some seconds after the last one has gone. Everybody gets the newest picture that there is
// room for.
#pragma once

#include "camera/camera_answer.hpp"
#include "camera/frame_board.hpp"
#include "transport/exchange.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <variant>

namespace layerline::camera {

// How a camera is asked. What it is asked with (address, user) and which answers are trusted is decided
// behind this.
class camera_way {
public:
    virtual ~camera_way() = default;
    virtual bool has_stream() const = 0;
    virtual bool has_snapshot() const = 0;
    // The answer's head and its body, which is read here. errc::unreachable, timed_out, … as they come.
    virtual transport::task<transport::result<transport::response>> ask_stream() = 0;
    virtual transport::task<transport::result<transport::response>> ask_snapshot() = 0;
};

struct live_times {
    std::chrono::milliseconds first{
        8000}; // until the first picture is whole, look-up and connection included
    std::chrono::milliseconds stall{5000};  // between two pictures
    std::chrono::milliseconds linger{5000}; // after the last viewer
    std::chrono::milliseconds poll{500};    // between the snapshots of a camera that has no stream
};

inline constexpr std::size_t max_picture_bytes = 8UL * 1024 * 1024;

// Belongs to one io_context. Held by shared pointers: what is under way keeps it.
class live_camera : public std::enable_shared_from_this<live_camera> {
public:
    // `tell` hears why a stream ended that viewers were looking at; may be empty.
    live_camera(const transport::net::io_executor& executor, std::shared_ptr<camera_way> way,
                live_times times = {}, std::function<void(const trouble&)> tell = {});
    ~live_camera();
    live_camera(const live_camera&) = delete;
    live_camera& operator=(const live_camera&) = delete;

    // A viewer's body, of the type mixed_replace_type, once there is a first picture. The viewer is counted
    // for as long as the body lives. It breaks off when the camera does.
    static transport::task<std::variant<std::shared_ptr<transport::body_source>, trouble>>
    watch(std::shared_ptr<live_camera> of);
    // One picture of now: the newest of the stream that is running, else the camera's own snapshot, else the
    // first one of its stream. All who ask at the same time get the same one.
    static transport::task<std::variant<frame, trouble>> snapshot(std::shared_ptr<live_camera> of);

    std::size_t viewers() const;
    bool streaming() const; // whether there is a connection for viewers now
    // Ends the connection and every viewer's body; `why` goes on after the camera's name.
    void stop(std::string why);

private:
    struct session;
    struct shot;
    class place;
    class watched_body;

    std::shared_ptr<session> join();
    void end(const std::shared_ptr<session>& one, std::optional<trouble> why, transport::error_code code);
    static transport::task<void> run(std::shared_ptr<live_camera> self, std::shared_ptr<session> now);
    static transport::task<void> take_stream(std::shared_ptr<live_camera> self, std::shared_ptr<session> now);
    static transport::task<void> take_snapshots(std::shared_ptr<live_camera> self,
                                                std::shared_ptr<session> now);
    static transport::task<void> wait_for_silence(std::shared_ptr<live_camera> self,
                                                  std::shared_ptr<session> now);
    static transport::task<void> wait_until_unwanted(std::shared_ptr<live_camera> self,
                                                     std::shared_ptr<session> now);
    static transport::task<std::variant<frame, trouble>> fetch(std::shared_ptr<live_camera> of);
    static transport::task<void> take_shot(std::shared_ptr<live_camera> self, std::shared_ptr<shot> into);
    static transport::task<void> read_snapshot(std::shared_ptr<camera_way> way, std::shared_ptr<shot> into);

    transport::net::io_executor executor_;
    std::shared_ptr<camera_way> way_;
    live_times times_;
    std::function<void(const trouble&)> tell_;
    std::shared_ptr<session> now_; // null: no connection
    std::shared_ptr<shot> shot_;   // under way
};

} // namespace layerline::camera
