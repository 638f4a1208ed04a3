// The printer's cameras as the commands see them. Where they are listed (the agent's configuration, a
// printer's host) and how their bytes come is behind this; the list may change at any time.
#pragma once

#include "commands/reply.hpp"
#include "transport/exchange.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace layerline::commands {

struct camera_facts {
    std::string name; // what it is asked for by; no two are alike
    // What has to be done with each picture so that it stands right: first flip, then rotate.
    bool flip_h = false, flip_v = false;
    int rotation = 0; // degrees clockwise: 0, 90, 180 or 270
    bool enabled = true;
    // As they may be told: without a user and without a query, which can hold secrets. Empty: none.
    std::string snapshot_url, stream_url;
};

struct camera_picture {
    std::string type; // Content-Type
    std::shared_ptr<const std::string> bytes;
};

struct camera_stream {
    std::string type;                                // Content-Type
    std::shared_ptr<transport::body_source> content; // endless; the newest picture for a slow reader
};

// Used from one io_context. Cameras are named, not numbered, since the list may change between two calls.
class camera_store {
public:
    virtual ~camera_store() = default;
    virtual std::vector<camera_facts> list() const = 0;
    // Grows with each change of list() or default_name().
    virtual std::uint64_t version() const = 0;
    // As it was chosen; empty if never. There may be no such camera any more.
    virtual std::string default_name() const = 0;
    // Kept across restarts. 750 if it cannot be kept.
    virtual transport::task<outcome<void>> choose_default(std::string name) = 0;
    // Those that were added by command, whether they are switched on or not; their addresses whole, as given.
    virtual std::vector<camera_facts> added() const = 0;
    // Takes this list instead of the added ones, all of it or nothing; kept across restarts. 400 for what
    // cannot be asked (the text names the entry), 750 if it cannot be kept.
    virtual transport::task<outcome<void>> set_added(std::vector<camera_facts> cameras) = 0;
    // 404 for a name that is not in the list or is switched off, 502 for a camera that is away or gives no
    // pictures, 503 for too many viewers, 504 for one that is silent. The text names the camera.
    virtual transport::task<outcome<camera_picture>> snapshot(std::string name) = 0;
    virtual transport::task<outcome<camera_stream>> stream(std::string name) = 0;
};

} // namespace layerline::commands
