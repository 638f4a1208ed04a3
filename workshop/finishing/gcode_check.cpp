#include "workshop/finishing/gcode_check.hpp"

#include "gcode/line_splitter.hpp"
#include "gcode/line_timer.hpp"
#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/extrusion_meter.hpp"
#include "workshop/finishing/gcode_text.hpp"
#include "workshop/finishing/layer_scan.hpp"
#include "workshop/finishing/settings_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

namespace layerline::workshop {

namespace {

constexpr double slack_mm = 0.002; // the engine writes three digits
constexpr double model_slack_mm = 0.25;
constexpr double smallest_spot_mm = 2; // what is smaller may have a layer in which nothing can be printed
constexpr double same_celsius = 0.5;

enum class rule : std::uint8_t { // one sentence a layer for each
    bad_line,
    unknown_command,
    off_bed,
    off_height,
    wrong_z,
    unplanned,
    outside_model,
    too_fast,
    too_thick,
    temperature,
    tool,
    early,
};

bool known_command(gcode_dialect dialect, const gcode::parsed_line& line)
{
    constexpr std::array g{0, 1, 4, 21, 90, 92};
    constexpr std::array m{2, 73, 82, 83, 84, 104, 106, 107, 109, 140, 190, 204};
    constexpr std::array makerbot{101, 103, 108, 126, 127, 135};
    const auto in = [&](const auto& all) {
        return std::find(all.begin(), all.end(), line.number) != all.end();
    };
    if (line.subcode != 0) return false;
    if (line.letter == 'T') return true;
    if (line.letter == 'G') return in(g);
    return in(m) || (dialect == gcode_dialect::makerbot && in(makerbot));
}

std::string mm(double value)
{
    return shortest(value, 3) + " mm";
}

// The rectangle in which a layer of a volume is printed.
class gcode_spot {
public:
    void take(double x, double y)
    {
        min_x_ = std::min(min_x_, x), max_x_ = std::max(max_x_, x);
        min_y_ = std::min(min_y_, y), max_y_ = std::max(max_y_, y);
    }
    // Of its longer side; 0 where nothing was printed.
    double size() const { return std::max({0.0, max_x_ - min_x_, max_y_ - min_y_}); }

private:
    static constexpr double none = std::numeric_limits<double>::infinity();
    double min_x_ = none, min_y_ = none, max_x_ = -none, max_y_ = -none;
};

std::string of_model(std::size_t volume)
{
    return "model " + std::to_string(volume);
}

} // namespace

class gcode_check::work {
public:
    work(expectations wanted, std::vector<line_run> user_lines)
        : wanted_(std::move(wanted)), plan_(wanted_.plan), users_(std::move(user_lines)),
          settings_(wanted_.settings), printed_(plan_.volumes.size(), 0), spots_(plan_.volumes.size()),
          heat_(gcode::max_tools, 0.0)
    {
        for (const auto& one : wanted_.data["extruders"])
            widest_mm2_ = std::max(widest_mm2_, 4 * std::pow(one["nozzleSize"].get<double>() / 1000, 2) *
                                                    std::max(1.0, one["feedRate"].get<double>() / 100));
        const auto discs = wanted_.data.find("absSupport");
        if (discs != wanted_.data.end() && discs->is_object())
            model_slack_ += (*discs)["radius"].get<double>() / 1000;
    }

    void owns(line_run lines)
    {
        if (!users_.empty() && users_.back().first == lines.first)
            users_.back() = lines;
        else
            users_.push_back(lines);
    }
    void push(std::string_view bytes)
    {
        report_.bytes += bytes.size();
        while (!bytes.empty()) {
            const auto piece = bytes.substr(0, gcode::max_line_bytes);
            bytes.remove_prefix(piece.size());
            splitter_.push(piece);
            take_lines();
        }
    }
    check_report finish();

private:
    void take_lines();
    void comment(std::string_view text);
    void command(const gcode::parsed_line& line, bool users);
    void moved(const gcode::parsed_line& line, const gcode::move& move);
    void prints(const gcode::move& move);
    void first_of_model();
    void heats(const gcode::parsed_line& line);
    void in_room(bool printing);
    void wrong(rule which, std::string text, fault_kind kind = fault_kind::wrong_file);
    void tell(std::uint64_t line, std::string text, fault_kind kind);
    std::optional<layer_wish> wish() const;

    expectations wanted_;
    const finishing_plan& plan_;
    std::vector<line_run> users_;
    std::size_t user_at_ = 0;
    settings_check settings_;
    gcode::line_splitter splitter_;
    gcode::line_timer timer_;
    extrusion_meter meter_;
    check_report report_;
    std::uint64_t line_ = 0;
    std::set<rule> told_; // in this layer

    bool in_layers_ = false, model_ = false, layer_has_model_ = false;
    std::optional<micron> z_, raft_top_;
    std::optional<std::size_t> volume_;
    std::set<std::size_t> seen_;       // volumes in this layer
    std::vector<std::size_t> printed_; // the number of each volume's last layer
    std::vector<gcode_spot> spots_;    // where that was printed
    std::vector<double> heat_;         // of the tools, as the engine and we set them
    double bed_ = 0;
    double widest_mm2_ = 0, model_slack_ = model_slack_mm;
};

void gcode_check::work::tell(std::uint64_t line, std::string text, fault_kind kind)
{
    ++report_.mismatch_count;
    if (report_.mismatches.size() < most_mismatches)
        report_.mismatches.push_back({line, kind, std::move(text)});
}

void gcode_check::work::wrong(rule which, std::string text, fault_kind kind)
{
    if (told_.insert(which).second) tell(line_, std::move(text), kind);
}

void gcode_check::work::take_lines()
{
    while (const auto raw = splitter_.next()) {
        line_ = raw->number;
        while (user_at_ < users_.size() && users_[user_at_].last < line_)
            ++user_at_;
        const bool users = user_at_ < users_.size() && users_[user_at_].first <= line_;
        if (raw->too_long) {
            if (!users) wrong(rule::bad_line, "The line is longer than 64 KiB.");
            continue;
        }
        const auto line = parse_line(raw->text, plan_.dialect);
        if (!users && line.code.empty() && !line.comment.empty()) comment(line.comment);
        if (line.letter != 0)
            command(line, users);
        else if (!line.code.empty() && !users)
            wrong(rule::bad_line, "The line is no command.");
    }
}

void gcode_check::work::comment(std::string_view text)
{
    if (auto fault = settings_.take(text); !fault.empty())
        tell(line_, std::move(fault), fault_kind::wrong_file);
    if (text == "LAYER_CHANGE") {
        in_layers_ = true;
        z_ = std::nullopt;
        layer_has_model_ = false;
        seen_.clear();
        told_.clear();
    } else if (const auto z = z_of_comment(text))
        z_ = z;
    else if (const auto volume = volume_of_label(text)) {
        volume_ = *volume;
        if (*volume >= plan_.volumes.size())
            wrong(rule::unplanned, "There is no " + of_model(*volume) + " in the request.");
    } else if (text.starts_with(" stop printing object"))
        volume_ = std::nullopt;
    else if (begins_model(text))
        model_ = true;
    else if (begins_other(text))
        model_ = false;
}

void gcode_check::work::command(const gcode::parsed_line& line, bool users)
{
    if (!users) {
        if (line.odd || line.spare_words > 0)
            wrong(rule::bad_line, "The line holds what belongs to no word.");
        for (std::size_t at = 0; at < line.word_count && line.letter == 'G'; ++at)
            if (!line.words[at].value) wrong(rule::bad_line, "A word of the line has no number.");
        if (!known_command(plan_.dialect, line))
            wrong(rule::unknown_command, std::string(1, line.letter) + std::to_string(line.number) +
                                             " is no command that the engine was asked for.");
        if (line.is('G', 92) && (line.word_count != 1 || !line.find('E')))
            wrong(rule::unknown_command, "The line moves the origin.");
        if (line.letter == 'T' && line.number >= static_cast<int>(plan_.tools.size()))
            wrong(rule::tool, "Tool " + std::to_string(line.number) + " is not defined.",
                  fault_kind::no_such_tool);
        heats(line);
    }
    const int tool = timer_.state().now().tool;
    const auto done = timer_.take(line);
    if (!done.moved) return;
    meter_.add(done.moved->de, tool);
    if (!users) moved(line, *done.moved);
}

void gcode_check::work::heats(const gcode::parsed_line& line)
{
    const bool bed = line.is('M', 140) || line.is('M', 190);
    if (!bed && !line.is('M', 104) && !line.is('M', 109)) return;
    const auto said = line.value('S') ? line.value('S') : line.value('R');
    if (!said) return;
    const double named = line.value('T').value_or(timer_.state().now().tool);
    if (!bed && !(named >= 0 && named < static_cast<double>(plan_.tools.size())))
        return wrong(rule::tool, "A tool is heated that is not defined.", fault_kind::no_such_tool);
    const auto tool = bed ? 0 : static_cast<std::size_t>(named);
    const auto& asked = bed ? plan_.bed : plan_.tools[tool];
    (bed ? bed_ : heat_[tool]) = *said;
    const auto is = [&](double celsius) { return std::abs(*said - celsius) <= same_celsius; };
    if (*said == 0 || is(asked.bottom_c) || is(asked.later_c)) return;
    wrong(rule::temperature, std::string(bed ? "The bed" : "A nozzle") + " is heated to " +
                                 shortest(*said, 1) + " °C; " + shortest(asked.bottom_c, 1) + " and then " +
                                 shortest(asked.later_c, 1) + " was asked.");
}

void gcode_check::work::in_room(bool printing)
{
    const auto& at = timer_.state();
    const auto out = [](const std::optional<double>& value, double most) {
        return value && !(*value >= -slack_mm && *value <= most + slack_mm);
    };
    const auto kind = printing && !model_ ? fault_kind::skirt_off_bed : fault_kind::model_off_bed;
    if (out(at.x(), wanted_.x_mm) || out(at.y(), wanted_.y_mm))
        wrong(rule::off_bed,
              std::string(printing ? "It prints" : "The head moves") + " to X " + mm(at.x().value_or(0)) +
                  ", Y " + mm(at.y().value_or(0)) + "; the bed is " + shortest(wanted_.x_mm, 3) + " by " +
                  mm(wanted_.y_mm) + ".",
              kind);
    if (out(at.z(), wanted_.z_mm))
        wrong(rule::off_height,
              "The head moves to a height of " + mm(*at.z()) + "; there are " + mm(wanted_.z_mm) + ".", kind);
}

void gcode_check::work::moved(const gcode::parsed_line& line, const gcode::move& move)
{
    if (!timer_.state().now().absolute || timer_.state().now().inches)
        wrong(rule::unknown_command, "The engine's line is read in relative places or in inches.");
    const bool printing = move.de > 0 && move.length_mm > 0;
    in_room(printing);
    const auto too_fast = [&](double most, const char* what) {
        if (move.feed_mm_s > most * 1.01 + 0.02)
            wrong(rule::too_fast, std::string(what) + " at " + shortest(move.feed_mm_s, 2) + " mm/s; " +
                                      shortest(most, 2) + " was asked at most.");
    };
    if (printing) return prints(move);
    if (move.length_mm > 0 && line.value('F')) too_fast(plan_.travel_mm_s, "The head travels");
    if (move.length_mm == 0 && move.de != 0 && plan_.retraction_mm > 0)
        too_fast(plan_.retraction_mm_s, "The filament is moved");
}

std::optional<layer_wish> gcode_check::work::wish() const
{
    if (!z_ || (plan_.raft && !raft_top_)) return std::nullopt;
    const micron top = *z_ - raft_top_.value_or(0);
    const auto only = plan_.volumes.size() == 1 ? std::optional<std::size_t>(0) : volume_;
    return only ? layer_at(plan_, *only, top) : layer_at(plan_, top);
}

void gcode_check::work::prints(const gcode::move& move)
{
    const auto& at = timer_.state();
    if (!in_layers_) return wrong(rule::early, "It prints before the first layer.");
    if (at.x() && at.y() && at.z()) {
        if (!report_.extruded)
            report_.extruded = box_mm{*at.x(), *at.y(), *at.z(), *at.x(), *at.y(), *at.z()};
        auto& box = *report_.extruded;
        for (const double back : {0.0, 1.0}) {
            const double x = *at.x() - back * move.dx, y = *at.y() - back * move.dy;
            box.min_x = std::min(box.min_x, x), box.max_x = std::max(box.max_x, x);
            box.min_y = std::min(box.min_y, y), box.max_y = std::max(box.max_y, y);
        }
        box.min_z = std::min(box.min_z, *at.z()), box.max_z = std::max(box.max_z, *at.z());
    }
    report_.fastest_mm_s = std::max(report_.fastest_mm_s, move.feed_mm_s);
    if (const auto z = at.z();
        z && z_ && !plan_.spiral && std::abs(*z * 1000 - static_cast<double>(*z_)) > 1.5)
        wrong(rule::wrong_z, "It prints at a height of " + mm(*z) + " in the layer at " +
                                 mm(static_cast<double>(*z_) / 1000) + ".");
    if (!z_) wrong(rule::wrong_z, "It prints in a layer whose height is not told.");

    const auto tool = static_cast<std::size_t>(at.now().tool);
    double area = 1;
    if (!plan_.cubic_e && tool < plan_.filament_mm.size()) {
        const double radius = plan_.filament_mm[tool] / 2;
        area = std::numbers::pi * radius * radius;
    }
    // Of short moves the rounding of E is too large a part.
    if (const double mm2 = move.de * area / move.length_mm; mm2 > widest_mm2_ && move.length_mm > 0.1)
        wrong(rule::too_thick, "A line gets " + shortest(mm2, 2) + " mm² of material.");
    if (model_) first_of_model();
    if (const auto index = plan_.volumes.size() == 1 ? 0 : volume_.value_or(spots_.size());
        model_ && index < spots_.size() && at.x() && at.y())
        spots_[index].take(*at.x(), *at.y());
    const auto here = wish();
    const double most = model_ && here && volume_.value_or(0) < plan_.volumes.size()
                            ? std::max(fastest_model_mm_s(wanted_, volume_.value_or(0), *here),
                                       volume_ || plan_.volumes.size() == 1 ? 0 : fastest_other_mm_s(wanted_))
                            : fastest_other_mm_s(wanted_);
    if (move.feed_mm_s > most * 1.01 + 0.02)
        wrong(rule::too_fast, "It prints at " + shortest(move.feed_mm_s, 2) + " mm/s; " + shortest(most, 2) +
                                  " was asked at most.");
    const auto all =
        z_ && (!plan_.raft || raft_top_) ? layer_at(plan_, *z_ - raft_top_.value_or(0)) : std::nullopt;
    const auto check_heat = [&](const heat_wish& asked, double now, const char* what) {
        const auto is = [&](double celsius) {
            return celsius <= 0 || std::abs(now - celsius) <= same_celsius;
        };
        const bool may_be_bottom = !all || all->bottom || plan_.one_by_one;
        const bool may_be_later = !all || !all->bottom || plan_.volumes.size() > 1;
        if ((may_be_bottom && is(asked.bottom_c)) || (may_be_later && is(asked.later_c))) return;
        wrong(rule::temperature, std::string("It prints with ") + what + " at " + shortest(now, 1) + " °C; " +
                                     shortest(all && all->bottom ? asked.bottom_c : asked.later_c, 1) +
                                     " was asked here.");
    };
    if (tool < plan_.tools.size()) check_heat(plan_.tools[tool], heat_[tool], "the nozzle");
    check_heat(plan_.bed, bed_, "the bed");

    if (model_ && volume_ && *volume_ < wanted_.volumes.size() && at.x() && at.y()) {
        const auto& box = wanted_.volumes[*volume_];
        const double s = model_slack_;
        if (*at.x() < box.min_x - s || *at.x() > box.max_x + s || *at.y() < box.min_y - s ||
            *at.y() > box.max_y + s)
            wrong(rule::outside_model, "It prints " + of_model(*volume_) + " at X " + mm(*at.x()) + ", Y " +
                                           mm(*at.y()) + ", where it does not stand.");
    }
}

// Layers have to come in their order, each one once.
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
    }
    const micron top = *z_ - raft_top_.value_or(0);
    if (!volume) {
        if (!layer_at(plan_, top))
            wrong(rule::unplanned, "No layer is planned at " + mm(static_cast<double>(top) / 1000) + ".");
        return;
    }
    if (*volume >= plan_.volumes.size() || !seen_.insert(*volume).second) return;
    const auto planned = layer_at(plan_, *volume, top);
    if (!planned)
        return wrong(rule::unplanned, "No layer of " + of_model(*volume) + " is planned at " +
                                          mm(static_cast<double>(top) / 1000) + ".");
    auto& last = printed_[*volume];
    // At a tip the engine may find nothing to print in one layer and something in the next.
    if (planned->number > last + 1 && last > 0 && spots_[*volume].size() <= smallest_spot_mm)
        report_.notes.push_back("At a tip of " + of_model(*volume) + ", layer " + std::to_string(last + 1) +
                                " is too small to print.");
    else if (planned->number != last + 1)
        wrong(rule::unplanned, "Layer " + std::to_string(planned->number) + " of " + of_model(*volume) +
                                   " follows its layer " + std::to_string(last) + ".");
    last = planned->number;
    spots_[*volume] = {};
}

check_report gcode_check::work::finish()
{
    splitter_.finish();
    take_lines();
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
