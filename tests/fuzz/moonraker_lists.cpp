// Lists that Moonraker tells and lines that Klipper says: the first line is JSON for every reader of lists,
// the others go to the console. Names that come out can stand in a line of G-code, texts hold no control
// characters.
#include "printer/moonraker/hand_gcode.hpp"
#include "printer/moonraker/host_lists.hpp"
#include "printer/moonraker/klipper_console.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace {

void check(std::string_view text)
{
    for (const char c : text)
        if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::printer;
    using namespace layerline::printer::moonraker;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto first = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), first.size() + 1));
    const auto told = nlohmann::json::parse(first, nullptr, false);
    for (const auto& job : read_history(told).jobs) {
        check(job.path);
        if (history_id_of(job.id).empty()) std::abort();
    }
    for (const auto& camera : read_webcams(told))
        check(camera.stream_url);
    auto devices = read_power_devices(told);
    take_power_change(told, devices);
    if (devices.size() > most_power_devices) std::abort();
    for (const auto& macro : read_macros(told)) {
        check(macro.description);
        if (!macro_script({macro.name, {}})) std::abort();
        for (const auto& parameter : macro.parameters)
            check(parameter.standard);
    }
    (void)read_mesh(told);
    (void)parameters_in(first);

    klipper_console console;
    (void)console.heard(text, {});
    const auto page = console.page(0, klipper_console::most_lines);
    for (const auto& line : page.lines)
        check(line.text);
    if (const auto* prompt = console.prompt()) {
        check(prompt->text);
        for (const auto& button : prompt->buttons) {
            check(button.label);
            if (button.gcode.empty() || button.gcode.size() > max_gcode_bytes ||
                button.gcode.find('\n') != std::string::npos)
                std::abort();
        }
    }
    const auto script = console_script(first, size % 2 == 0, {250, 90, 60});
    if (script && (script->find('\n') != std::string::npos || begins_a_print(*script))) std::abort();
    const auto call = macro_script({"M", {{"P", std::string(first)}}});
    if (call && std::count(call->begin(), call->end(), '"') != 2) std::abort();
    const auto exclude = exclude_script(first);
    if (exclude && std::count(exclude->begin(), exclude->end(), '"') != 2) std::abort();
    return 0;
}
