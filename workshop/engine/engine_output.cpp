// What the engine says. Pure.
#include "workshop/engine/engine_process.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_words = 600;

} // namespace

std::optional<double> engine_progress(std::string_view line)
{
    int percent = 0;
    const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), percent);
    if (fault != std::errc() || percent < 0 || percent > 100) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (!line.starts_with(" => ")) return std::nullopt;
    return percent / 100.0;
}

std::string engine_version_in(std::string_view output)
{
    constexpr std::size_t most_version = 100;
    const auto from = output.find("PrusaSlicer-");
    if (from == std::string_view::npos) return {};
    output.remove_prefix(from);
    return std::string(output.substr(0, std::min(output.find_first_of(" \r\n"), most_version)));
}

bool lacks_memory(std::string_view output)
{
    // The last is what a thread is refused with that has no room for its stack.
    constexpr std::array signs{"std::bad_alloc", "failed to map segment", "Cannot allocate memory",
                               "cannot allocate memory", "Resource temporarily unavailable"};
    return std::any_of(signs.begin(), signs.end(),
                       [&](const char* sign) { return output.find(sign) != std::string_view::npos; });
}

std::string engine_words(std::string_view output)
{
    std::string words;
    while (!output.empty()) {
        const auto end = std::min(output.find('\n'), output.size());
        auto line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        const bool trace = line.find("] [trace]") != std::string_view::npos;
        if (line.empty() || trace || engine_progress(line)) continue;
        if (!words.empty()) words += ' ';
        for (const char c : line)
            words += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    if (words.size() > most_words) words = "… " + words.substr(words.size() - most_words);
    return words;
}

} // namespace layerline::workshop
