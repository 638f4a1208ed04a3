#include "cli/printing.hpp"

#include "cli/answer.hpp"
#include "cli/terminal.hpp"

#include <cstdio>
#include <ctime>

namespace layerline::cli {

namespace {

using nlohmann::json;

std::string degrees(const json& value)
{
    if (!value.is_number()) return "?";
    char words[32];
    std::snprintf(words, sizeof words, "%.1f", value.get<double>());
    return words;
}

std::string heaters(const json& own)
{
    std::string words;
    if (!at(own, "Heaters").is_array()) return words;
    for (const auto& heater : at(own, "Heaters")) {
        words += "  " + text(at(heater, "Name")) + "  " + degrees(at(heater, "ActualC")) + " C";
        const auto& target = at(heater, "TargetC");
        if (target.is_number() && target.get<double>() > 0) words += " (target " + degrees(target) + ")";
        words += "\n";
    }
    return words;
}

void list(const json& node, std::string& words)
{
    if (!at(node, "Children").is_array()) return;
    for (const auto& child : at(node, "Children")) {
        if (text(at(child, "Type")) == "folder") {
            list(child, words);
            continue;
        }
        const auto& size = at(child, "SizeBytes");
        const auto& time = at(child, "ModifiedTimeSec");
        char when[32] = "-";
        if (time.is_number_integer()) {
            const auto seconds = static_cast<std::time_t>(time.get<std::int64_t>());
            std::tm parts{};
            if (gmtime_r(&seconds, &parts) != nullptr)
                std::strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
        }
        char line[64];
        std::snprintf(line, sizeof line, "%12s  %16s  ",
                      size.is_number_unsigned() ? size_text(size.get<std::uint64_t>()).c_str() : "?", when);
        words += line + text(at(child, "VirtualPath")) + "\n";
    }
}

void trim(std::string& words)
{
    while (!words.empty() && words.back() == '\n')
        words.pop_back();
}

} // namespace

std::string ping_words(const json& result)
{
    return text(at(result, "Message"));
}

std::string status_words(const json& result)
{
    const auto& own = at(result, "Layerline");
    const auto& job = at(result, "JobStatus");
    const auto& print = at(job, "CurrentPrint");
    auto words = text(at(own, "Phase"));
    if (words.empty()) words = text(at(job, "State"));
    if (const auto why = text(at(own, "Reason")); !why.empty()) words += ": " + why;
    words += "\n";
    if (const auto file = text(at(print, "FileName")); !file.empty()) {
        words += "  " + file;
        const auto& share = at(print, "Progress");
        if (share.is_number()) {
            char number[32];
            std::snprintf(number, sizeof number, "  %.1f %%", share.get<double>());
            words += number;
        }
        if (at(print, "DurationSec").is_number())
            words += ", " + duration_text(at(print, "DurationSec").get<double>()) + " so far";
        if (at(print, "TimeLeftSec").is_number())
            words += ", " + duration_text(at(print, "TimeLeftSec").get<double>()) + " left";
        words += "\n";
    }
    words += heaters(own);
    if (const auto& wants = at(own, "Attention"); wants.is_object())
        words += "  needs attention: " + text(at(wants, "Text")) + "\n";
    if (at(own, "AgeMs").is_number() && at(own, "AgeMs").get<double>() > 10000)
        words += "  last heard of " + duration_text(at(own, "AgeMs").get<double>() / 1000) + " ago\n";
    trim(words);
    return words;
}

std::string temperature_words(const json& result)
{
    auto words = heaters(at(result, "Layerline"));
    trim(words);
    return words.empty() ? "no temperatures known" : words;
}

std::string heat_words(const json& result)
{
    std::string words;
    if (!at(result, "Set").is_array()) return words;
    for (const auto& one : at(result, "Set"))
        words += text(at(one, "Heater")) + " set to " + degrees(at(one, "TargetC")) + " C\n";
    trim(words);
    return words;
}

std::string files_words(const json& result)
{
    std::string words;
    if (at(result, "Root").is_array())
        for (const auto& root : at(result, "Root"))
            list(root, words);
    else
        list(at(result, "Root"), words);
    trim(words);
    return words.empty() ? "no files" : words;
}

std::string raw_words(const json& result)
{
    return result.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string with_note(std::string words, const json& result)
{
    if (const auto note = text(at(result, "Note")); !note.empty()) words += " " + note;
    return words;
}

std::string job_words(const std::string& verb, const json& result)
{
    std::string words = verb == "pause"    ? "Pausing."
                        : verb == "resume" ? "Resuming."
                        : verb == "cancel" ? "Cancelling."
                                           : "Started.";
    if (verb == "start" && at(result, "JobId").is_string())
        words = "Started job " + text(at(result, "JobId")) + ".";
    if (at(result, "Repeated").is_boolean() && at(result, "Repeated").get<bool>())
        words = "Nothing done: this key was carried out before.";
    return with_note(std::move(words), result);
}

std::string watch_key(const job_view& view)
{
    const auto& job = at(view.state(), "job");
    const auto& share = at(job, "progress");
    return view.phase() + " " +
           std::to_string(share.is_number() ? static_cast<int>(share.get<double>() * 10) : -1);
}

} // namespace layerline::cli
