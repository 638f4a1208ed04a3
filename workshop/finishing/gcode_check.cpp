#include "workshop/finishing/gcode_check.hpp"

#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/gcode_check_work.hpp"
#include "workshop/finishing/gcode_text.hpp"
#include "workshop/finishing/layer_scan.hpp"

#include <utility>

namespace layerline::workshop {

namespace {

constexpr double smallest_spot_mm = 2; // what is smaller may have a layer in which nothing can be printed

std::string mm(double value)
{
    return shortest(value, 3) + " mm";
}

std::string of_model(std::size_t volume)
{
    return "model " + std::to_string(volume);
}

} // namespace

void gcode_check::work::tell(std::uint64_t line, std::string text, fault_kind kind)
{
    ++report_.mismatch_count;
    if (report_.mismatches.size() < most_mismatches)
        report_.mismatches.push_back({line, kind, std::move(text)});
}

void gcode_check::work::wrong(check_rule which, std::string text, fault_kind kind)
{
    if (told_.insert(which).second) tell(line_, std::move(text), kind);
}

void gcode_check::work::take_lines()
{
    gcode::parsed_line line;
    while (const auto raw = splitter_.next()) {
        line_ = raw->number;
        layer_bytes_ += raw->text.size() + 1;
        while (user_at_ < users_.size() && users_[user_at_].last < line_)
            ++user_at_;
        const bool users = user_at_ < users_.size() && users_[user_at_].first <= line_;
        if (raw->too_long) {
            if (!users) wrong(check_rule::bad_line, "The line is longer than 64 KiB.");
            if (users) extras_.owners_unread();
            continue;
        }
        if (users) extras_.owners(raw->text);
        parse_line(raw->text, plan_.dialect, line);
        if (!users && line.code.empty() && !line.comment.empty()) comment(line.comment);
        if (line.letter != 0)
            command(line, users);
        else if (!line.code.empty() && !users)
            wrong(check_rule::bad_line, "The line is no command.");
    }
}

void gcode_check::work::comment(std::string_view text)
{
    if (auto fault = settings_.take(text); !fault.empty())
        tell(line_, std::move(fault), fault_kind::wrong_file);
    asked_ = std::nullopt;
    if (text == "LAYER_CHANGE") {
        layer_ended(false);
        in_layers_ = true;
        z_ = std::nullopt;
        layer_has_model_ = false;
        seen_.clear();
        labelled_.clear();
        told_.clear();
    } else if (const auto z = z_of_comment(text))
        z_ = z;
    else if (const auto volume = volume_of_label(text)) {
        volume_ = *volume;
        labelled_.insert(std::min(*volume, plan_.volumes.size()));
        if (*volume >= plan_.volumes.size())
            wrong(check_rule::unplanned, "There is no " + of_model(*volume) + " in the request.");
    } else if (text.starts_with(" stop printing object"))
        volume_ = std::nullopt;
    else if (begins_model(text))
        model_ = true;
    else if (begins_other(text))
        model_ = false;
}

// What all its lines together have to be like.
void gcode_check::work::layer_ended(bool last)
{
    ended_layer layer;
    layer.head = !in_layers_;
    layer.last = last;
    // The finisher writes more than it read, but hardly by a third.
    layer.whole = layer_bytes_ < most_layer_bytes - most_layer_bytes / 4;
    layer_bytes_ = 0;
    layer.model = layer_has_model_;
    layer.model_layers = report_.layers;
    if (z_ && (!plan_.raft || raft_top_)) {
        const micron top = *z_ - raft_top_.value_or(0);
        for (const auto volume : labelled_)
            layer.all = both(layer.all, layer_at(plan_, volume, top));
        if (!layer.all) layer.all = layer_at(plan_, top);
    }
    for (auto& one : extras_.layer_ended(layer))
        tell(line_, std::move(one), fault_kind::wrong_file);
}

void gcode_check::work::first_of_model()
{
    if (!layer_has_model_) {
        layer_has_model_ = true;
        ++report_.layers;
    }
    const auto volume = plan_.volumes.size() == 1 ? std::optional<std::size_t>(0) : volume_;
    if (!z_) return;
    if (plan_.raft && !raft_top_) {
        layer_facts facts;
        facts.z = z_;
        facts.model = true;
        if (volume) facts.volumes.insert(*volume);
        raft_top_ = raft_top_of(plan_, facts);
        asked_ = std::nullopt;
    }
    const micron top = *z_ - raft_top_.value_or(0);
    if (!volume) {
        if (!layer_at(plan_, top))
            wrong(check_rule::unplanned,
                  "No layer is planned at " + mm(static_cast<double>(top) / 1000) + ".");
        return;
    }
    if (*volume >= plan_.volumes.size() || !seen_.insert(*volume).second) return;
    const auto planned = layer_at(plan_, *volume, top);
    if (!planned)
        return wrong(check_rule::unplanned, "No layer of " + of_model(*volume) + " is planned at " +
                                                mm(static_cast<double>(top) / 1000) + ".");
    auto& last = printed_[*volume];
    // At a tip the engine may find nothing to print in one layer and something in the next.
    if (planned->number > last + 1 && last > 0 && spots_[*volume].size() <= smallest_spot_mm)
        report_.notes.push_back("At a tip of " + of_model(*volume) + ", layer " + std::to_string(last + 1) +
                                " is too small to print.");
    else if (planned->number != last + 1)
        wrong(check_rule::unplanned, "Layer " + std::to_string(planned->number) + " of " + of_model(*volume) +
                                         " follows its layer " + std::to_string(last) + ".");
    last = planned->number;
    spots_[*volume] = {};
}

check_report gcode_check::work::finish()
{
    splitter_.finish();
    take_lines();
    layer_ended(true);
    report_.lines = line_;
    report_.seconds = timer_.seconds();
    report_.filament_mm = meter_.used();
    if (plan_.cubic_e)
        for (std::size_t tool = 0; tool < report_.filament_mm.size() && tool < plan_.filament_mm.size();
             ++tool) {
            const double radius = plan_.filament_mm[tool] / 2;
            report_.filament_mm[tool] /= std::numbers::pi * radius * radius;
        }
    if (report_.layers == 0) tell(0, "The file prints nothing of any model.", fault_kind::wrong_file);
    for (std::size_t volume = 0; volume < plan_.volumes.size(); ++volume) {
        std::size_t planned = 0;
        for (const auto& region : plan_.volumes[volume].regions.regions)
            planned += region.layers;
        const auto last = printed_[volume];
        const bool labelled = volume_ || plan_.volumes.size() == 1 || last > 0;
        if (last >= planned || report_.layers == 0) continue;
        const auto wide = volume < wanted_.wide_layers.size() ? wanted_.wide_layers[volume] : planned;
        if (last == 0 || (labelled && last < wide))
            tell(0,
                 "Of " + std::to_string(planned) + " layers of " + of_model(volume) + " " +
                     std::to_string(last) + " are printed; " + std::to_string(wide) + " are wide enough.",
                 fault_kind::wrong_file);
        else
            report_.notes.push_back("The uppermost " + std::to_string(planned - last) + " layers of " +
                                    of_model(volume) + " are too thin to print.");
    }
    if (owners_top_mm_ > wanted_.z_mm + slack_mm)
        report_.notes.push_back("The owner's G-code lifts the head to " + shortest(owners_top_mm_, 1) +
                                " mm; the printer ends at " + shortest(wanted_.z_mm, 1) +
                                " mm. Not every firmware forgives that.");
    for (auto& one : settings_.missing())
        tell(0, std::move(one), fault_kind::wrong_file);
    return std::move(report_);
}

gcode_check::gcode_check(expectations wanted, std::vector<line_run> user_lines)
    : work_(std::make_unique<work>(std::move(wanted), std::move(user_lines)))
{
}
gcode_check::~gcode_check() = default;

void gcode_check::owns(line_run lines)
{
    work_->owns(lines);
}

void gcode_check::push(std::string_view bytes)
{
    work_->push(bytes);
}

check_report gcode_check::finish()
{
    return work_->finish();
}

check_report check_text(expectations wanted, std::vector<line_run> user_lines, std::string_view gcode)
{
    gcode_check check(std::move(wanted), std::move(user_lines));
    check.push(gcode);
    return check.finish();
}

int internal_code_of(const check_report& report)
{
    return report.mismatches.empty() ? 0 : static_cast<int>(report.mismatches.front().kind);
}

nlohmann::json json_of(const check_report& report)
{
    using nlohmann::json;
    json told{{"bytes", report.bytes},
              {"lines", report.lines},
              {"layers", report.layers},
              {"seconds", report.seconds},
              {"filament", report.filament_mm},
              {"fastest", report.fastest_mm_s},
              {"mismatchCount", report.mismatch_count},
              {"notes", report.notes},
              {"mismatches", json::array()}};
    if (report.extruded) {
        const auto& box = *report.extruded;
        told["extruded"] = {{"min", {box.min_x, box.min_y, box.min_z}},
                            {"max", {box.max_x, box.max_y, box.max_z}}};
    }
    for (const auto& one : report.mismatches)
        told["mismatches"].push_back(
            {{"line", one.line}, {"code", static_cast<int>(one.kind)}, {"message", one.text}});
    return told;
}

} // namespace layerline::workshop
