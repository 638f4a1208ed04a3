// The doctor's findings in words and as JSON: pure.
#pragma once

#include "cli/doctor.hpp"

#include <string>
#include <vector>

namespace layerline::cli {

// A line a finding, its remedy below it; at the end what is wrong in one line. Safe to print.
std::string doctor_words(const std::vector<finding>& all);
// {"Healthy":false,"ExitCode":3,"Findings":[{"Hop","Name","State":"ok|warning|failed|skipped","Text","Remedy"}]}
std::string doctor_json(const std::vector<finding>& all);

} // namespace layerline::cli
