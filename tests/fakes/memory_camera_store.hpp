// Cameras without any: a list and pictures that the test sets.
#pragma once

#include "commands/camera_store.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace layerline::fakes {

class memory_camera_store final : public commands::camera_store {
public:
    std::vector<commands::camera_facts> cameras;
    std::vector<commands::camera_facts> added_cameras;
    std::string chosen;
    std::uint64_t changes = 1;
    std::optional<commands::failure> fault; // of snapshot(), stream() and choose_default()
    std::string picture = "\xff\xd8\xff a picture \xff\xd9";
    std::shared_ptr<transport::body_source> content = transport::make_body("a stream");
    std::vector<std::string> asked; // names, in order

    commands::camera_facts& add(std::string name)
    {
        commands::camera_facts one;
        one.name = std::move(name);
        one.snapshot_url = "http://127.0.0.1:8080/snapshot";
        one.stream_url = "http://127.0.0.1:8080/stream";
        cameras.push_back(std::move(one));
        ++changes;
        return cameras.back();
    }

    std::vector<commands::camera_facts> list() const override { return cameras; }
    std::uint64_t version() const override { return changes; }
    std::string default_name() const override { return chosen; }
    transport::task<commands::outcome<void>> choose_default(std::string name) override
    {
        if (fault) co_return *fault;
        chosen = std::move(name);
        ++changes;
        co_return commands::outcome<void>();
    }
    std::vector<commands::camera_facts> added() const override { return added_cameras; }
    transport::task<commands::outcome<void>> set_added(std::vector<commands::camera_facts> all) override
    {
        if (fault) co_return *fault;
        added_cameras = std::move(all);
        ++changes;
        co_return commands::outcome<void>();
    }
    transport::task<commands::outcome<commands::camera_picture>> snapshot(std::string name) override
    {
        asked.push_back(std::move(name));
        if (fault) co_return *fault;
        commands::camera_picture made;
        made.type = "image/jpeg";
        made.bytes = std::make_shared<const std::string>(picture);
        co_return made;
    }
    transport::task<commands::outcome<commands::camera_stream>> stream(std::string name) override
    {
        asked.push_back(std::move(name));
        if (fault) co_return *fault;
        commands::camera_stream made;
        made.type = "multipart/x-mixed-replace; boundary=b";
        made.content = content;
        co_return made;
    }
};

} // namespace layerline::fakes
