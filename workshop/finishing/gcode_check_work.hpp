// The check's own parts: what it has seen of a file so far. For its sources alone.
#pragma once

#include "gcode/line_splitter.hpp"
#include "gcode/line_timer.hpp"
#include "workshop/finishing/extras_check.hpp"
#include "workshop/finishing/extrusion_meter.hpp"
#include "workshop/finishing/gcode_check.hpp"
#include "workshop/finishing/settings_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::workshop {

inline constexpr double slack_mm = 0.002;      // the engine writes three digits
inline constexpr double model_slack_mm = 0.25; // that lines may lie outside of a model's box

enum class check_rule : std::uint8_t { // one sentence a layer for each
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
    fan,
};

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

// What is asked where the file has come to; looked up anew once layer, model or raft are other ones.
struct asked_here {
    std::optional<layer_wish> one; // of the model that is printed, or of all if that is not told
    std::optional<layer_wish> all; // of all models with a layer there
    double fastest_mm_s = 0;       // of moves that print a model
};

class gcode_check::work {
public:
    work(expectations wanted, std::vector<line_run> user_lines)
        : wanted_(std::move(wanted)), plan_(wanted_.plan), users_(std::move(user_lines)), extras_(plan_),
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
    void wrong(check_rule which, std::string text, fault_kind kind = fault_kind::wrong_file);
    void tell(std::uint64_t line, std::string text, fault_kind kind);
    const asked_here& asked();
    void layer_ended(bool last);

    expectations wanted_;
    const finishing_plan& plan_;
    std::vector<line_run> users_;
    std::size_t user_at_ = 0;
    extras_check extras_;
    settings_check settings_;
    gcode::line_splitter splitter_;
    gcode::line_timer timer_;
    extrusion_meter meter_;
    check_report report_;
    std::uint64_t line_ = 0;
    std::uint64_t layer_bytes_ = 0; // so far
    std::set<check_rule> told_;     // in this layer
    double owners_top_mm_ = 0;      // where the owner's lines lift the head to

    bool in_layers_ = false, model_ = false, layer_has_model_ = false;
    std::optional<micron> z_, raft_top_;
    std::optional<asked_here> asked_;
    std::optional<std::size_t> volume_;
    std::set<std::size_t> seen_;       // volumes that this layer prints
    std::set<std::size_t> labelled_;   // and those that it names
    std::vector<std::size_t> printed_; // the number of each volume's last layer
    std::vector<gcode_spot> spots_;    // where that was printed
    std::vector<double> heat_;         // of the tools, as the engine and we set them
    double bed_ = 0;
    double widest_mm2_ = 0, model_slack_ = model_slack_mm;
};

} // namespace layerline::workshop
