// Looks at every hop that can be seen from here; what it means is doctor.hpp's to say.
#pragma once

#include "cli/doctor.hpp"
#include "cli/settings.hpp"
#include "transport/net.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <string>

namespace layerline::cli {

struct doctor_options {
    settings where;
    std::filesystem::path state;      // the agent's state folder; empty: the usual one, if it is there
    std::filesystem::path print_host; // the print host's socket; empty: the usual one, if its folder is there
};

inline const char* const usual_agent_state = "/var/lib/layerline/agent";
inline const char* const usual_print_host = "/run/layerline/printhost.sock";

// Asks questions only: nothing is changed anywhere. Each step takes at most 5 s, all of them at most a
// minute.
transport::task<observations> look_around(transport::net::io_context& context, doctor_options options);

} // namespace layerline::cli
