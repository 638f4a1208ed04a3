// Whatever a list of cameras or the lines of a script say: what is shown or sent keeps within its bounds.
#include "agent/script_lines.hpp"
#include "agent/told_cameras.hpp"
#include "commands/webcam_result.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace {

using namespace layerline;

printer::webcam told_by(const commands::camera_facts& read)
{
    printer::webcam told;
    told.name = read.name;
    told.snapshot_url = read.snapshot_url;
    told.stream_url = read.stream_url;
    told.rotation_degrees = read.rotation;
    return told;
}

void try_cameras(std::string_view text)
{
    const auto read = commands::read_added_webcams(text);
    if (!read) return;
    if (read->size() > commands::most_added_webcams) std::abort();
    const auto again = commands::added_webcams(*read)["LocalPluginWebcams"].dump();
    if (!commands::read_added_webcams(again)) std::abort();
    std::vector<printer::webcam> told;
    for (const auto& one : *read)
        told.push_back(told_by(one));
    agent::camera_places places;
    places.allowed = {"192.168.1.20"};
    const auto joined = agent::join_cameras({}, told, places);
    for (const auto& camera : joined.all) {
        if (!agent::is_camera_name(camera.name)) std::abort();
        for (const auto& address : {camera.snapshot, camera.stream})
            if (address && address->place.host != "127.0.0.1" && address->place.host != "192.168.1.20" &&
                address->place.host != "localhost" && !address->place.host.starts_with("127.") &&
                address->place.host != "::1")
                std::abort();
    }
}

void try_script(std::string_view text)
{
    const auto line = text.substr(0, text.find('\n'));
    if (!agent::script_line_fault(line).empty()) return;
    printer::printer_state state;
    state.job.emplace();
    state.job->path = "gcode/" + std::string(text.substr(line.size()));
    const auto sent = agent::filled_line(line, state);
    if (sent.size() > printer::max_gcode_bytes || !agent::script_line_fault(sent).empty()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_cameras(text);
    try_script(text);
    return 0;
}
