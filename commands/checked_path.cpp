#include "commands/checked_path.hpp"

#include <utility>
#include <variant>

namespace layerline::commands {

printer::printer_result<virtual_path> checked_path(const std::string& path, bool needs_name)
{
    using printer::printer_errc;
    using printer::printer_failure;
    auto parsed = parse_virtual_path(path);
    if (const auto* fault = std::get_if<std::string>(&parsed))
        return printer_failure{printer_errc::out_of_range, "The path " + *fault + "."};
    auto& good = std::get<virtual_path>(parsed);
    if (needs_name && good.segments.empty())
        return printer_failure{printer_errc::out_of_range, "The path names the root, not a file."};
    return std::move(good);
}

} // namespace layerline::commands
