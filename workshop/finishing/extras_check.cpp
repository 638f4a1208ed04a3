#include "workshop/finishing/extras_check.hpp"

#include "gcode/modal_state.hpp"
#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/gcode_text.hpp"

#include <algorithm>
#include <cmath>

namespace layerline::workshop {

namespace {

constexpr double full_duty = 255, same_duty = 1;
constexpr double same_wait_s = 0.01;
constexpr std::uint64_t empty_digest = 14'695'981'039'346'656'037U; // FNV-1a

std::string_view without_blanks(std::string_view line)
{
    const auto last = line.find_last_not_of(" \t\r");
    return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

void take(std::uint64_t& digest, std::string_view line)
{
    const auto byte = [&digest](char c) {
        digest = (digest ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    };
    for (const char c : without_blanks(line))
        byte(c);
    byte('\n');
}

void take(std::uint64_t& digest, const code_lines_list& lines)
{
    for (const auto& line : lines)
        take(digest, line);
}

std::string percent(double duty)
{
    return shortest(duty * 100 / full_duty, 0) + " %";
}

} // namespace

extras_check::extras_check(const finishing_plan& plan) : plan_(plan), digest_(empty_digest) {}

void extras_check::owners(std::string_view line)
{
    take(digest_, line);
    ++lines_;
    owners_tool_ = owners_tool_ || parse_line(line, plan_.dialect).letter == 'T';
}

void extras_check::command(const gcode::parsed_line& line, int tool)
{
    waited_s_ += gcode::dwell_seconds(line);
    const bool makerbot = plan_.dialect == gcode_dialect::makerbot;
    if (line.is('M', 106))
        fan_ = line.value('S').value_or(full_duty);
    else if (makerbot && line.is('M', 126))
        fan_ = full_duty;
    else if (line.is('M', 107) || (makerbot && line.is('M', 127)))
        fan_ = 0;
    else if (line.letter == 'T') {
        ++tool_lines_;
        if (line.number != tool) ++tool_changes_;
    }
}

std::string extras_check::fan_fault(const layer_wish& layer) const
{
    const double slow = fan_percent(plan_, layer, std::nullopt), quick = fan_percent(plan_, layer, 0);
    const auto duty = [this](double percent) {
        const double exact = std::clamp(percent, 0.0, 100.0) * full_duty / 100;
        return plan_.dialect == gcode_dialect::makerbot && std::round(exact) > 0 ? full_duty : exact;
    };
    const double least = std::min(duty(slow), duty(quick)), most = std::max(duty(slow), duty(quick));
    if (fan_ && *fan_ >= least - same_duty && *fan_ <= most + same_duty) return {};
    const auto asked = percent(least) + (most > least ? " to " + percent(most) : std::string());
    return "The fan " + (fan_ ? "is at " + percent(*fan_) : std::string("was never set")) + "; " + asked +
           " was asked in this layer.";
}

std::vector<std::string> extras_check::layer_ended(const ended_layer& layer)
{
    std::vector<std::string> faults;
    for (auto&& one : {wait_fault(layer), owners_fault(layer)})
        if (!one.empty()) faults.push_back(one);
    waited_s_ = 0;
    digest_ = empty_digest;
    lines_ = tool_lines_ = tool_changes_ = 0;
    unread_ = owners_tool_ = false;
    return faults;
}

std::string extras_check::wait_fault(const ended_layer& layer) const
{
    if (!layer.whole) return {};
    const bool waits = layer.model && !layer.last && layer.all && (!plan_.spiral || layer.all->bottom);
    const double asked = waits ? layer.all->wait_s : 0;
    if (std::abs(waited_s_ - asked) <= same_wait_s) return {};
    return "The printer waits " + shortest(waited_s_, 2) + " s in the layer that ends here; " +
           shortest(asked, 2) + " s was asked.";
}

std::string extras_check::owners_fault(const ended_layer& layer) const
{
    if (unread_ || !layer.whole) return {};
    auto expected = empty_digest;
    std::size_t fixed = 0;
    const auto stands = [&](const code_lines_list& code) {
        take(expected, code);
        fixed += code.size();
    };
    if (layer.head)
        stands(plan_.start);
    else {
        stands(plan_.each_layer);
        if (layer.model && plan_.repeat_every > 0 && layer.model_layers % plan_.repeat_every == 0)
            stands(plan_.repeated);
    }
    // Around each change of the tool.
    const auto around = plan_.before_tool.size() + plan_.after_tool.size();
    const auto tail = layer.last ? plan_.end.size() : 0;
    const auto between = lines_ - std::min(lines_, fixed + tail);
    const auto changes = around > 0 ? between / around : 0;
    for (std::size_t change = 0; change < changes; ++change) {
        take(expected, plan_.before_tool);
        take(expected, plan_.after_tool);
    }
    if (layer.last) take(expected, plan_.end);
    const bool counted =
        layer.head || around == 0 || owners_tool_ || (changes >= tool_changes_ && changes <= tool_lines_);
    if (expected == digest_ && counted) return {};
    return "The owner's lines " +
           std::string(layer.head ? "before the first layer" : "in the layer that ends here") +
           " are not those that were asked: there are " + std::to_string(lines_) + ".";
}

} // namespace layerline::workshop
