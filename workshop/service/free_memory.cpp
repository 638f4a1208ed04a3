#include "workshop/service/free_memory.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <string>

namespace layerline::workshop {

std::optional<std::uint64_t> available_in(std::string_view meminfo)
{
    constexpr std::string_view name = "MemAvailable:";
    const auto at = meminfo.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    auto rest = meminfo.substr(at + name.size());
    const auto digits = rest.find_first_not_of(" \t");
    if (digits == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(digits);
    std::uint64_t kib = 0;
    const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), kib);
    if (fault != std::errc() || end == rest.data() || kib > UINT64_MAX / 1024) return std::nullopt;
    return kib * 1024;
}

std::optional<std::uint64_t> available_memory()
{
    std::ifstream in("/proc/meminfo");
    std::array<char, 4096> text{};
    in.read(text.data(), text.size());
    return available_in({text.data(), static_cast<std::size_t>(in.gcount())});
}

model_result<void> check_memory(std::uint64_t file_bytes, std::uint64_t reserve,
                                std::optional<std::uint64_t> available)
{
    constexpr std::uint64_t mebibyte = 1024UL * 1024;
    const auto needed = 3 * file_bytes + reserve;
    if (!available || *available >= needed) return {};
    return model_failure{
        model_errc::temporary,
        "Too little memory is free for this model now: " + std::to_string(*available / mebibyte) +
            " MiB, of " + std::to_string(needed / mebibyte + 1) + " MiB that must be."};
}

} // namespace layerline::workshop
