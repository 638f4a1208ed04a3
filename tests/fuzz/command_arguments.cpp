// Arguments of commands: the first line is the query, the rest the body; both dialects. Whatever is taken
// keeps to the schema.
#include "commands/arguments.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

using namespace layerline::commands;

namespace {
// One of each type, needed or not, with the commands' usual ranges.
constexpr std::array schema{
    argument{.name = "Path", .required = true, .least = 1},
    argument{.name = "BedClear", .type = argument_type::boolean, .alias = "bed_clear"},
    argument{.name = "ToolNumber", .type = argument_type::integer, .most = 15},
    argument{.name = "BedC", .type = argument_type::number, .most = 500},
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto line = std::min(all.find('\n'), all.size());
    const auto query = all.substr(0, line);
    const auto body = all.substr(std::min(line + 1, all.size()));
    for (const auto how : {dialect::exact, dialect::seed}) {
        const auto given = decode_arguments(schema, how, query, body);
        if (!given) {
            if (given.error().error.empty()) std::abort();
            (void)encode_failure(given.error(), nullptr, "r-1");
            continue;
        }
        for (const auto& row : schema) {
            if (row.required && !given->has(row.name)) std::abort();
            if (!given->has(row.name)) continue;
            if (row.type == argument_type::text &&
                given->text(row.name)->find_first_of(std::string_view("\r\n;*\0", 5)) != std::string::npos)
                std::abort();
            if (row.type == argument_type::number && !std::isfinite(*given->number(row.name))) std::abort();
        }
    }
    return 0;
}
