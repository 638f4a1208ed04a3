// Findings on a terminal, and for scripts.
#include "cli/doctor_report.hpp"

#include "cli/answer.hpp"

#include <nlohmann/json.hpp>

namespace layerline::cli {

namespace {

const finding* first_bad(const std::vector<finding>& all)
{
    for (const auto& one : all)
        if (one.how == health::bad) return &one;
    return nullptr;
}

} // namespace

std::string doctor_words(const std::vector<finding>& all)
{
    std::string words;
    for (const auto& one : all) {
        std::string mark(name_of(one.how));
        mark.resize(9, ' ');
        auto hop = one.hop;
        hop.resize(std::max<std::size_t>(hop.size(), 12), ' ');
        words += mark + hop + " " + for_terminal(one.text) + "\n";
        if (!one.remedy.empty()) words += std::string(22, ' ') + "-> " + for_terminal(one.remedy) + "\n";
    }
    if (all.empty()) return "Nothing to look at: give --url, --state or --print-host.\n";
    const auto* wrong = first_bad(all);
    words += wrong == nullptr ? "Nothing is wrong.\n"
                              : "The first thing to mend is the " + wrong->hop + " (" + wrong->name + ").\n";
    return words;
}

std::string doctor_json(const std::vector<finding>& all)
{
    nlohmann::json findings = nlohmann::json::array();
    for (const auto& one : all) {
        nlohmann::json row;
        row["Hop"] = one.hop;
        row["Name"] = one.name;
        row["State"] = name_of(one.how);
        row["Text"] = one.text;
        row["Remedy"] = one.remedy.empty() ? nlohmann::json() : nlohmann::json(one.remedy);
        findings.push_back(std::move(row));
    }
    nlohmann::json report;
    report["Healthy"] = first_bad(all) == nullptr;
    report["ExitCode"] = static_cast<int>(exit_of(all));
    report["Findings"] = std::move(findings);
    return report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace layerline::cli
