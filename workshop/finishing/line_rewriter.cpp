#include "workshop/finishing/line_rewriter.hpp"

#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/gcode_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace layerline::workshop {

namespace {

constexpr double same_e = 5e-6; // half of the last digit that is written
constexpr double same_feed = 5e-4;

} // namespace

line_rewriter::line_rewriter(const finishing_plan& plan)
    : plan_(plan), retraction_(plan.retraction_mm), least_extrusion_(plan.least_extrusion_mm)
{
    if (plan.cubic_e && !plan.filament_mm.empty()) {
        const double radius = plan.filament_mm.front() / 2, area = std::numbers::pi * radius * radius;
        retraction_ *= area;
        least_extrusion_ *= area;
    }
}

double line_rewriter::feed_for(bool prints, bool travels) const
{
    double feed = engine_.now().feed_mm_min;
    if (travels) return std::min(feed, plan_.travel_mm_s * 60); // the wiping tower's are faster
    if (!prints) return feed;
    // The engine's wiping tower has speeds of its own.
    if (!of_model_) feed = std::min(feed, plan_.other_mm_s * 60);
    if (!layer_) return feed;
    return sped_up(plan_, *layer_, feed / 60) * 60 * pace_;
}

std::optional<std::string> line_rewriter::move(const gcode::parsed_line& line)
{
    const auto moved = engine_.apply(line);
    // What is no plain move in millimetres is not the engine's; the check will tell.
    if (!moved || line.odd || line.spare_words > 0 || engine_.now().inches) return std::nullopt;
    const bool places =
        line.find('X') || line.find('Y') || line.find('Z') || line.find('I') || line.find('J');
    const auto* const e_word = line.find('E');
    const bool prints = moved->de > 0 && moved->length_mm > 0;
    double de = moved->de;
    if (prints) {
        if (layer_ && layer_->bottom) de *= plan_.bottom_amount;
        since_retraction_ += de;
    } else if (!places && de < 0) {
        const bool usual = std::abs(-de - retraction_) < 1e-3;
        if (usual && left_out_ == 0 && since_retraction_ < least_extrusion_) {
            left_out_ = -de;
            return std::string();
        }
        de -= left_out_;
        left_out_ = since_retraction_ = 0;
    } else if (!places && de > 0 && left_out_ > 0) {
        const double spared = std::min(left_out_, de);
        left_out_ -= spared;
        de -= spared;
        if (de < same_e) return std::string();
    }
    const bool feed_alone = !places && !e_word;
    const double feed = feed_for(prints || feed_alone, places && !prints),
                 feed_now = file_.state().now().feed_mm_min;
    const auto feed_word = line.value('F');
    const bool feed_fits = feed <= 0 || std::abs(feed - feed_word.value_or(feed_now)) < same_feed;
    std::optional<double> e;
    if (e_word && e_word->value) {
        const double wanted = engine_.now().absolute_e ? file_.state().e() + de : de;
        if (std::abs(wanted - *e_word->value) >= same_e) e = wanted;
    }
    if (feed_fits && !e) return std::nullopt;
    return with_words(line, e, feed_fits ? std::nullopt : std::optional(feed),
                      filament_letter(plan_.dialect));
}

void line_rewriter::written(const gcode::parsed_line& line)
{
    const int tool = file_.state().now().tool;
    if (const auto done = file_.take(line); done.moved) meter_.add(done.moved->de, tool);
}

std::string line_rewriter::filament_move(double by) const
{
    const double e = file_.state().now().absolute_e ? file_.state().e() + by : by;
    return std::string("G1 ") + filament_letter(plan_.dialect) + shortest(e, 5) + " F" +
           shortest(plan_.retraction_mm_s * 60, 3);
}

std::string line_rewriter::overdue_retraction()
{
    if (left_out_ <= 0) return {};
    const double by = -left_out_;
    left_out_ = since_retraction_ = 0;
    return filament_move(by);
}

std::vector<std::string> line_rewriter::back_to(const gcode::modal_state& before) const
{
    std::vector<std::string> lines;
    const auto& now = file_.state();
    const auto was = before.now(), is = now.now();
    if (is.inches != was.inches) lines.emplace_back(was.inches ? "G20" : "G21");
    if (is.absolute != was.absolute) lines.emplace_back(was.absolute ? "G90" : "G91");
    if (is.absolute != was.absolute || is.absolute_e != was.absolute_e)
        lines.emplace_back(was.absolute_e ? "M82" : "M83");
    if (is.tool != was.tool) lines.push_back("T" + std::to_string(was.tool));
    if (was.absolute_e && std::abs(now.e() - before.e()) >= same_e)
        lines.push_back(std::string("G92 ") + filament_letter(plan_.dialect) + shortest(before.e(), 5));
    const auto differs = [](const std::optional<double>& a, const std::optional<double>& b) {
        return b && (!a || std::abs(*a - *b) > 1e-4);
    };
    const std::string fast = " F" + shortest(plan_.travel_mm_s * 60, 3);
    std::string flat, up;
    if (differs(now.x(), before.x())) flat += " X" + shortest(*before.x(), 5);
    if (differs(now.y(), before.y())) flat += " Y" + shortest(*before.y(), 5);
    if (differs(now.z(), before.z())) up = "G1 Z" + shortest(*before.z(), 5) + fast;
    const bool sinks = !up.empty() && now.z() && *before.z() < *now.z();
    if (!up.empty() && !sinks) lines.push_back(up);
    if (!flat.empty()) lines.push_back("G1" + flat + fast);
    if (!up.empty() && sinks) lines.push_back(up);
    return lines;
}

} // namespace layerline::workshop
