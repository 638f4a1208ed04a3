// A supervisor for a print host where there is no systemd (`layerline-printhost --supervise`): starts it,
// keeps its port open when it dies, and starts a successor at once. Knows nothing of printers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace layerline::printer::serial {

struct supervisor_settings {
    std::vector<std::string> argv;                  // of the child; the program is our own
    std::chrono::milliseconds watchdog{10'000};     // without a sign of life the child is killed
    std::chrono::milliseconds longest_wait{10'000}; // before a start, after starts that came to nothing
};

// How long to wait before the next start, after so many starts in a row that never became ready: a child that
// was ready is followed at once.
std::chrono::milliseconds wait_before_start(unsigned failed_starts, std::chrono::milliseconds longest);

// Runs until the child ends by itself (its exit code comes back) or SIGTERM or SIGINT came, which is passed
// on. If no child ever became ready, one that ends with a code, as for a wrong configuration, is not
// followed.
int supervise(const supervisor_settings& settings);

} // namespace layerline::printer::serial
