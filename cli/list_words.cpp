#include "cli/list_words.hpp"

#include "cli/answer.hpp"
#include "cli/job_view.hpp"
#include "cli/terminal.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace layerline::cli {

namespace {

using nlohmann::json;

// "2026-11-22 10:00" in UTC, or "-".
std::string moment(const json& value)
{
    if (!value.is_number()) return "-";
    const auto seconds = static_cast<std::time_t>(value.get<double>());
    std::tm parts{};
    std::array<char, 32> words{};
    if (gmtime_r(&seconds, &parts) == nullptr ||
        std::strftime(words.data(), words.size(), "%Y-%m-%d %H:%M", &parts) == 0)
        return "-";
    return words.data();
}

void end_line(std::string& words, const std::string& line)
{
    if (!words.empty()) words += '\n';
    words += line;
}

} // namespace

std::string queue_words(const json& result)
{
    std::string words;
    if (const auto held = text(at(result, "Held")); !held.empty()) end_line(words, "held: " + held);
    if (at(result, "Paused") == true) end_line(words, "paused");
    if (const auto& now = at(result, "Current"); now.is_object())
        end_line(words, "now   " + text(at(now, "VirtualPath")));
    if (at(result, "Jobs").is_array())
        for (const auto& one : at(result, "Jobs")) {
            const auto id = text(at(one, "QueueId"));
            end_line(words,
                     id + std::string(id.size() < 6 ? 6 - id.size() : 1, ' ') + text(at(one, "VirtualPath")));
        }
    return words.empty() ? "nothing waits" : words;
}

std::string card_words(const json& result)
{
    std::string words;
    const auto& files = at(result, "Files");
    std::size_t shown = 0;
    if (files.is_array())
        for (const auto& file : files) {
            const auto& bytes = at(file, "SizeBytes");
            auto line = text(at(file, "Path"));
            if (bytes.is_number_unsigned()) line += "  " + size_text(bytes.get<std::uint64_t>());
            if (const auto name = text(at(file, "Name")); !line.ends_with('/' + name) && !name.empty())
                line += "  " + name;
            end_line(words, line);
            ++shown;
        }
    if (words.empty()) return "no files on the card";
    const auto& total = at(result, "Total");
    const auto& offset = at(result, "Offset");
    if (!total.is_number_unsigned() || !offset.is_number_unsigned()) return words;
    if (const auto next = offset.get<std::uint64_t>() + shown; next < total.get<std::uint64_t>())
        end_line(words, "more with --offset " + std::to_string(next));
    return words;
}

std::string history_words(const json& result)
{
    std::string words;
    if (at(result, "Jobs").is_array())
        for (const auto& job : at(result, "Jobs")) {
            auto line = moment(at(job, "StartedTimeSec")) + "  " + text(at(job, "Outcome")) + "  ";
            if (at(job, "PrintSec").is_number())
                line += duration_text(at(job, "PrintSec").get<double>()) + "  ";
            end_line(words, line + text(at(job, "Path")));
        }
    return words.empty() ? "no past jobs" : words;
}

} // namespace layerline::cli
