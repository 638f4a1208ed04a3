// A configured camera's addresses as somebody to ask: each host is looked up once and kept to.
#pragma once

#include "agent/camera_settings.hpp"
#include "camera/live_camera.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace layerline::agent {

// Asks the camera of these settings and nobody else: redirects are not followed, compressed answers not asked
// for. The context must outlive it.
std::shared_ptr<camera::camera_way> make_camera_way(transport::net::io_context& context,
                                                    const camera_settings& settings);

} // namespace layerline::agent
