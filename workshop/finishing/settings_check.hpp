// The settings that the engine wrote at the end of its file, against those that were asked of it. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

// Whether both say the same: numbers by value, lists (',' or ';') part by part, quotes left aside.
bool same_setting(std::string_view a, std::string_view b);

class settings_check {
public:
    explicit settings_check(std::map<std::string, std::string> asked) : asked_(std::move(asked)) {}
    // A comment of the file, without its semicolon. A sentence where it contradicts what was asked.
    std::string take(std::string_view comment);
    // Those that were asked for and not told, in sentences.
    std::vector<std::string> missing() const;
    std::size_t told() const { return told_.size(); }

private:
    std::map<std::string, std::string> asked_;
    std::set<std::string> told_; // of those that were asked for
    bool inside_ = false;
};

} // namespace layerline::workshop
