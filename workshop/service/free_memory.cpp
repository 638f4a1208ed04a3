#include "workshop/service/free_memory.hpp"

#include "workshop/models/triangle_count.hpp"
#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string>

namespace layerline::workshop {

namespace {

constexpr std::uint64_t mebibyte = 1024UL * 1024;
constexpr std::uint64_t stl_row = 50; // bytes of a triangle in the files that the table was measured with

std::uint64_t memory_for(std::string_view operation, std::uint64_t triangles, std::uint64_t file_bytes)
{
    const auto* const row = find_operation(operation);
    if (row == nullptr) return 0;
    const auto in_table = stl_row * triangles;
    return row->memory.fixed_mb * mebibyte + row->memory.bytes_a_triangle * triangles +
           (file_bytes > in_table ? file_bytes - in_table : 0);
}

} // namespace

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

std::string head_of(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string head(head_bytes, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    return head;
}

std::uint64_t memory_for(const job_record& job, std::string_view head, std::uint64_t file_bytes)
{
    const auto triangles = triangles_expected(head, file_bytes);
    auto most = memory_for(job.operation, triangles, file_bytes);
    const auto steps = nlohmann::json::parse(job.steps, nullptr, false);
    for (const auto& step : steps.is_array() ? steps : nlohmann::json::array())
        most = std::max(most, memory_for(step.value("operation", ""), triangles, file_bytes));
    return most;
}

model_result<void> check_memory(std::uint64_t needed, std::uint64_t reserve,
                                std::optional<std::uint64_t> available)
{
    needed += reserve;
    if (!available || *available >= needed) return {};
    return model_failure{
        model_errc::temporary,
        "Too little memory is free for this model now: " + std::to_string(*available / mebibyte) +
            " MiB, of " + std::to_string(needed / mebibyte + 1) + " MiB that must be."};
}

} // namespace layerline::workshop
