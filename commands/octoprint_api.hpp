// What slicers call of OctoPrint's REST API, so that PrusaSlicer, OrcaSlicer and Cura send their files
// straight to this printer: /api/version, /api/files/local, /api/job and what they look at beside them.
// Whoever routes a request here has authenticated it.
#pragma once

#include "commands/plugin_api.hpp"

#include <string>

namespace layerline::commands {

class octoprint_api {
public:
    // Both must outlive it.
    octoprint_api(printer::printer_link& printer, file_store& files, agent_facts facts)
        : printer_(printer), files_(files), facts_(std::move(facts))
    {
    }
    // Answers one call; `path` is what follows "/api/", without the query. A print that is asked for goes
    // through the same gate as every start: where nobody said that the bed is clear, the file is kept and 409
    // says so.
    transport::task<void> serve(transport::exchange& call, caller who, std::string path);

private:
    struct answer;
    transport::task<answer> answered(transport::exchange& call, const caller& who, const std::string& path);
    transport::task<answer> upload(transport::exchange& call, const caller& who);
    transport::task<answer> listed();
    transport::task<answer> job_command(transport::exchange& call, const caller& who);
    transport::task<answer> file_command(transport::exchange& call, const caller& who, std::string path);
    transport::task<answer> perform(printer::action what, const caller& who);

    printer::printer_link& printer_;
    file_store& files_;
    agent_facts facts_;
};

} // namespace layerline::commands
