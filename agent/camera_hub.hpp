// The agent's cameras for the Plugin API: the configured ones, those added by command and those of the
// printer's own list; the chosen one, one live camera each, a bound on viewers.
#pragma once

#include "agent/added_cameras.hpp"
#include "agent/camera_settings.hpp"
#include "agent/told_cameras.hpp"
#include "camera/live_camera.hpp"
#include "commands/camera_store.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace layerline::agent {

struct camera_hub_limits {
    std::size_t max_viewers = 32; // of all cameras; past it 503
    camera::live_times times;
};

// Used from one io_context, which must outlive it; it must outlive every call.
class camera_hub final : public commands::camera_store {
public:
    // `state` is a folder: its default_camera keeps the name of the chosen camera, added_cameras.json those
    // that were added; what was kept before is read. `places` is what cameras that are not configured may be
    // at.
    camera_hub(transport::net::io_context& context, const std::filesystem::path& state,
               camera_places places = {}, camera_hub_limits limits = {});
    ~camera_hub() override;
    camera_hub(const camera_hub&) = delete;
    camera_hub& operator=(const camera_hub&) = delete;

    // The configured cameras from now on, at most max_cameras of them. With any change of the list a camera
    // that stays as it was keeps its viewers; the others' streams end.
    void show(std::vector<camera_settings> configured);
    // The printer's own list from now on, shown after the configured and the added ones.
    void tell(std::vector<printer::webcam> told);
    // Ends every stream, for the end of the program.
    void stop();

    // For /metrics.
    std::size_t viewers() const;
    std::size_t streaming() const; // connections to cameras that viewers look through
    std::size_t size() const { return cameras_.size(); }

    // --- commands::camera_store ---
    std::vector<commands::camera_facts> list() const override;
    std::uint64_t version() const override { return version_; }
    std::string default_name() const override { return chosen_; }
    transport::task<commands::outcome<void>> choose_default(std::string name) override;
    std::vector<commands::camera_facts> added() const override { return added_.given(); }
    transport::task<commands::outcome<void>> set_added(std::vector<commands::camera_facts> cameras) override;
    transport::task<commands::outcome<commands::camera_picture>> snapshot(std::string name) override;
    transport::task<commands::outcome<commands::camera_stream>> stream(std::string name) override;

private:
    struct entry {
        camera_settings settings;
        std::shared_ptr<camera::live_camera> live;
    };
    void join();
    void replace(std::vector<camera_settings> cameras);
    // The one of that name, or why it cannot be asked.
    commands::outcome<std::shared_ptr<camera::live_camera>> find(const std::string& name) const;

    transport::net::io_context& context_;
    std::filesystem::path default_file_;
    camera_places places_;
    camera_hub_limits limits_;
    std::vector<camera_settings> configured_;
    added_cameras added_;
    std::vector<printer::webcam> told_;
    std::vector<entry> cameras_;
    std::string chosen_;
    std::uint64_t version_ = 1;
};

} // namespace layerline::agent
