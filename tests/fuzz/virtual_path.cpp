// Virtual paths: what is taken never leads out, and is the same text when put together again.
#include "commands/virtual_path.hpp"

#include <cstdint>
#include <cstdlib>

using namespace layerline::commands;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_virtual_path(text);
    (void)has_gcode_name(text);
    if (const auto* path = std::get_if<virtual_path>(&parsed)) {
        if (path->text() != text) std::abort();
        for (const auto& name : path->segments)
            if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) std::abort();
    } else if (std::get<std::string>(parsed).empty()) {
        std::abort();
    }
    return 0;
}
