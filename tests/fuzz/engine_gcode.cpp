// Any bytes as the engine's G-code: what is finished does not hang on how the bytes are cut, holds the
// owner's lines where it says, has room for its patches, and is read back without harm; so are the bytes
// themselves.
#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/gcode_check.hpp"
#include "workshop/slicing/slice_request.hpp"
#include "workshop/slicing/volume_layers.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace layerline::workshop;

// Everything that finishing does is asked for; the first byte says which of the rest.
constexpr std::string_view request =
    R"({"type":"slice","data":{"version":"1.0.6","model":[{"hash":"a","settings":7},{"hash":"b"}],
"regionSettings":[{"id":7,"startHeight":1000,"endHeight":1400,"fanSpeed":80,"coolingTime":1}],
"extruders":[{"temperature":205,"firstLayersTemperature":210},{"temperature":200}],
"multiExtrusion":{"preSwitchCode":["M117 a"],"postSwitchCode":["M117 b"]},
"fan":{"smart":true,"fullSpeedLayer":4},"bed":{"temperature":60,"firstLayersTemperature":65},"raft":{},"infill":{},
"support":null,"skirt":{},"movement":{"smart":true,"speedupLayers":4},"bottom":{"layerHeight":200,"layerDelay":1},
"top":{"layerHeight":200,"numberOfLayers":1},"retraction":{},"layers":{"layerCoolingTime":1,"firstLayersAmount":80},
"gcode":{"startGcode":["owner start"],"endGcode":["owner end"],"changeLayerGcode":["G91","G1 Z1 E1 F100"],
"customGcode":["owner code"],"repeatEvery":2}}})";

struct wishes {
    nlohmann::json data;
    finishing_plan plan;
};

wishes wishes_of(bool raft, bool spiral)
{
    auto read = read_slice_request(request);
    if (read.has_error()) std::abort();
    wishes all{read->data, {}};
    if (!raft) all.data["raft"] = nullptr;
    std::vector<volume_plan> volumes;
    for (std::size_t volume = 0; volume < 2; ++volume) {
        auto plan = plan_regions(wish_of_volume(all.data, volume, 2000));
        if (plan.has_error()) std::abort();
        volumes.push_back({std::move(*plan), 0});
    }
    auto plan = plan_finishing(all.data, std::move(volumes));
    if (plan.has_error()) std::abort();
    all.plan = std::move(*plan);
    all.plan.spiral = spiral;
    return all;
}

void read_back(const wishes& all, std::vector<line_run> owners, std::string_view text)
{
    const auto report = check_text(
        expect(all.data, all.plan, {{0, 0, 0, 9, 9, 9}}, {{"layer_height", "0.2"}}), std::move(owners), text);
    if (!std::isfinite(report.seconds) || report.bytes != text.size()) std::abort();
    if (report.good() != report.mismatches.empty()) std::abort();
    for (const double mm : report.filament_mm)
        if (!std::isfinite(mm) || mm < 0) std::abort();
    (void)json_of(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::strict);
}

std::string line_of(std::string_view text, std::uint64_t wanted)
{
    for (std::uint64_t line = 1; line < wanted; ++line) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) std::abort();
        text.remove_prefix(end + 1);
    }
    return std::string(text.substr(0, text.find('\n')));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const auto all = wishes_of((bytes[0] & 1U) != 0, (bytes[0] & 2U) != 0);
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    read_back(all, {{2, 3}, {7, 7}}, text);
    const auto whole = finish_text(all.plan, {{8, 8, "picture"}}, text);
    std::string cut;
    finisher halves(all.plan, {{8, 8, "picture"}}, [&cut](std::string_view out) { cut += out; });
    halves.push(text.substr(0, text.size() / 2));
    halves.push(text.substr(text.size() / 2));
    auto done = halves.finish();
    if (done.has_error() != whole.has_error()) std::abort();
    if (whole.has_error()) {
        if (text_of(whole.error()).empty()) std::abort();
        return 0;
    }
    for (const auto& patch : done->patches) {
        if (cut.substr(patch.offset, 4) != "M73 " || cut.at(patch.offset + patch.text.size()) != '\n')
            std::abort();
        cut.replace(patch.offset, patch.text.size(), patch.text);
    }
    if (cut != whole->first || done->bytes != cut.size()) std::abort();
    std::uint64_t last = 0;
    for (const auto& run : done->user_lines) {
        if (run.first <= last || run.last < run.first || run.last > done->lines) std::abort();
        last = run.last;
    }
    if (!done->user_lines.empty()) {
        const auto first = line_of(cut, done->user_lines.front().first);
        if (first != "owner start") std::abort();
        if (line_of(cut, done->user_lines.back().last).empty()) std::abort();
    }
    if (!std::isfinite(done->seconds)) std::abort();
    read_back(all, done->user_lines, cut);
    return 0;
}
