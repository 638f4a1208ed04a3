#include "workshop/finishing/finisher.hpp"

#include "gcode/line_splitter.hpp"
#include "workshop/finishing/dialect_line.hpp"
#include "workshop/finishing/finished_writer.hpp"
#include "workshop/finishing/gcode_text.hpp"
#include "workshop/finishing/layer_scan.hpp"
#include "workshop/finishing/line_rewriter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace layerline::workshop {

namespace {

constexpr std::string_view start_mark = ";LAYERLINE:START", end_mark = ";LAYERLINE:END",
                           before_tool_mark = ";LAYERLINE:BEFORE_TOOL",
                           after_tool_mark = ";LAYERLINE:AFTER_TOOL", layer_mark = ";LAYER_CHANGE";
constexpr double lift_mm = 2;          // while the head waits above the print
constexpr double longest_dwell_s = 10; // in one command: between two the printer can be stopped
constexpr double mark_every_s = 60;
constexpr std::size_t longest_code = 512; // no printer takes longer lines

slice_failure broken(std::string text)
{
    return {slice_errc::internal, "", std::move(text)};
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

} // namespace

class finisher::work {
public:
    work(finishing_plan plan, std::vector<png_picture> pictures, sink out)
        : plan_(std::move(plan)), pictures_(std::move(pictures)), lines_(plan_), out_(std::move(out), lines_)
    {
        has_progress_ = plan_.dialect == gcode_dialect::reprap;
    }

    bool push(std::string_view bytes);
    slice_result<finished> finish();
    const std::vector<line_run>& user_lines() const { return out_.runs(); }

private:
    enum class part : std::uint8_t { head, layers, tail };

    void take_lines();
    void take(std::string_view text);
    void take_head(std::string_view text);
    void take_tail(std::string_view text);
    void fail(std::string text);
    void note(std::string text);

    void open_layer(bool whole);
    void close_layer(bool another_follows);
    void layer_line(std::string_view text, const gcode::parsed_line& line);
    void begin_printing();
    void set_wish(std::optional<layer_wish> wish);
    void set_phase(bool bottom);
    void set_fan(double percent);
    void wait(double seconds);
    void insert(const code_lines_list& code);
    void engine_command(std::string_view text, const gcode::parsed_line& line);
    bool heats(const gcode::parsed_line& line);
    std::string heat_command(int command, double celsius, std::optional<int> tool) const;

    finishing_plan plan_;
    std::vector<png_picture> pictures_;
    line_rewriter lines_;
    finished_writer out_;
    gcode::line_splitter splitter_;
    std::optional<slice_failure> failure_;
    std::vector<std::string> notes_;
    part part_ = part::head;
    bool started_ = false, has_progress_ = false, first_line_ = true;

    held_layer layer_;      // as it came
    bool open_ = false;     // the layer's first lines are written: it was too large to be held
    bool printing_ = false; // its inserted lines are written
    layer_facts facts_;
    std::optional<layer_wish> all_; // what the layer's volumes want together
    std::optional<double> layer_s_; // what the layer takes; none: not known
    std::optional<micron> raft_top_;
    bool raft_layer_ = false;
    bool of_model_ = false; // what is printed, by the last ;TYPE:
    bool bottom_ = true;    // the temperatures in force
    double fan_ = -1;
    std::size_t layer_count_ = 0, printed_ = 0;
};

void finisher::work::fail(std::string text)
{
    if (!failure_) failure_ = broken(std::move(text));
}

void finisher::work::note(std::string text)
{
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

bool finisher::work::push(std::string_view bytes)
{
    // In pieces: the splitter holds what it was given.
    while (!bytes.empty() && !failure_) {
        const auto piece = bytes.substr(0, gcode::max_line_bytes);
        bytes.remove_prefix(piece.size());
        splitter_.push(piece);
        take_lines();
    }
    return !failure_;
}

void finisher::work::take_lines()
{
    while (const auto line = splitter_.next()) {
        if (failure_) return;
        if (line->too_long) {
            if (line->only_comment)
                note("A comment of more than 64 KiB was left out.");
            else
                fail("Line " + std::to_string(line->number) + " of the engine's G-code is too long.");
            continue;
        }
        if (line->text.find('\0') != std::string_view::npos) {
            fail("Line " + std::to_string(line->number) + " of the engine's G-code holds NUL.");
            continue;
        }
        take(line->text);
        if (out_.bytes() > most_finished_bytes) fail("The finished file would have more than 1 GiB.");
        if (out_.runs().size() > most_user_runs)
            fail("The owner's G-code would stand in the file too often.");
    }
}

void finisher::work::take(std::string_view text)
{
    const auto line = trimmed(text);
    const auto code = line.substr(0, line.find(';'));
    if (code.size() > longest_code) return fail("The engine wrote a command of more than 512 bytes.");
    if (part_ == part::tail) return take_tail(line);
    if (line == end_mark) {
        if (part_ == part::layers) close_layer(false);
        part_ = part::tail;
        if (fan_ > 0) set_fan(0);
        out_.owners(plan_.end);
        return;
    }
    if (line == layer_mark) {
        if (part_ == part::layers) close_layer(true);
        part_ = part::layers;
        ++layer_count_;
        layer_.begin(layer_mark);
        return;
    }
    if (part_ == part::head) return take_head(line);
    if (open_) return layer_line(line, parse_line(line, plan_.dialect));
    layer_.append(line);
    if (layer_.bytes() > most_layer_bytes) {
        note("A layer of more than 16 MiB was taken for a slow one.");
        open_layer(false);
    }
}

void finisher::work::take_head(std::string_view text)
{
    if (first_line_) {
        first_line_ = false;
        // The same request gives the same file: without the time of day.
        constexpr std::string_view by = "; generated by PrusaSlicer ";
        std::string first(text);
        if (const auto on = text.find(" on "); text.starts_with(by) && on != std::string_view::npos)
            first = std::string(text.substr(0, on)) + " on behalf of Layerline " LAYERLINE_VERSION;
        const bool comment = text.starts_with(';');
        if (comment) out_.line(first);
        for (const auto& one : pictures_) {
            if (one.bytes.size() > most_thumbnail_bytes || one.bytes.empty()) {
                note("A thumbnail was left out: it is empty or too large.");
                continue;
            }
            const auto block = thumbnail_block(one.width, one.height, one.bytes);
            for (std::size_t at = 0; at < block.size();) {
                const auto end = block.find('\n', at);
                out_.line(std::string_view(block).substr(at, end - at));
                at = end + 1;
            }
        }
        if (comment) return;
    }
    if (text == start_mark && !started_) {
        started_ = true;
        if (has_progress_) out_.mark();
        out_.owners(plan_.start);
        return;
    }
    const auto line = parse_line(text, plan_.dialect);
    if (line.letter == 0) return out_.line(text, line);
    engine_command(text, line);
}

void finisher::work::take_tail(std::string_view text)
{
    const auto starts = [&](std::string_view with) { return text.starts_with(with); };
    const auto filament = [this](double per_mm) {
        std::string all;
        const auto& used = lines_.meter().used();
        for (std::size_t tool = 0; tool < used.size(); ++tool) {
            const double radius = (tool < plan_.filament_mm.size() ? plan_.filament_mm[tool] : 1.75) / 2;
            const double area = std::numbers::pi * radius * radius;
            const double mm = plan_.cubic_e ? used[tool] / area : used[tool];
            if (tool > 0) all += ", ";
            all += shortest(per_mm > 0 ? mm * area / 1000 : mm, 2);
        }
        return all;
    };
    const auto line = parse_line(text, plan_.dialect);
    if (starts("; filament used [mm] ="))
        out_.line("; filament used [mm] = " + filament(0), {});
    else if (starts("; filament used [cm3] ="))
        out_.line("; filament used [cm3] = " + filament(1), {});
    else if (starts("; estimated printing time (normal mode) ="))
        out_.line("; estimated printing time (normal mode) = " + duration_text(lines_.file().seconds()), {});
    else if (starts("; estimated printing time (silent mode) ="))
        return;
    else if (line.letter != 0)
        engine_command(text, line);
    else
        out_.line(text, line);
}

// What the layer's lines say is known, or as much of them as was held.
void finisher::work::open_layer(bool whole)
{
    facts_ = scan_layer(plan_, layer_, lines_.engine(), raft_top_, of_model_);
    if (plan_.raft && !raft_top_) raft_top_ = raft_top_of(plan_, facts_);
    raft_layer_ = plan_.raft && !raft_top_;
    all_ = std::nullopt;
    if (facts_.z && !raft_layer_) {
        const micron top = *facts_.z - raft_top_.value_or(0);
        for (const auto volume : facts_.volumes)
            all_ = both(all_, layer_at(plan_, volume, top));
        if (!all_) all_ = layer_at(plan_, top);
    }
    double pace = 1;
    layer_s_ = std::nullopt;
    if (whole) {
        if (plan_.pace && all_) pace = pace_factor(*plan_.pace, facts_.extruding_s, facts_.seconds);
        layer_s_ = facts_.seconds - facts_.extruding_s + facts_.extruding_s / pace;
    }
    lines_.set_pace(pace);
    open_ = true;
    printing_ = false;
    layer_.for_each(plan_.dialect, [this](std::string_view text, const gcode::parsed_line& line) {
        layer_line(text, line);
    });
}

void finisher::work::close_layer(bool another_follows)
{
    if (!open_) open_layer(true);
    if (!printing_) begin_printing();
    open_ = false;
    if (another_follows && all_ && facts_.model && all_->wait_s > 0) {
        if (plan_.spiral && !all_->bottom)
            note("There is no waiting after layers of a spiral: it has no end of a layer.");
        else
            wait(all_->wait_s);
    }
    lines_.set_layer(std::nullopt);
    lines_.set_pace(1);
}

// Behind the layer's first comments, before its first command.
void finisher::work::begin_printing()
{
    printing_ = true;
    if (has_progress_) out_.mark();
    if (raft_layer_) {
        layer_wish raft;
        raft.bottom = false;
        lines_.set_layer(std::nullopt);
        set_phase(true);
        set_fan(plan_.raft_fan_percent);
    } else if (all_) {
        set_phase(all_->bottom);
        set_wish(all_);
        if (facts_.model) {
            ++printed_;
            insert(plan_.each_layer);
            if (plan_.repeat_every > 0 && printed_ % plan_.repeat_every == 0) insert(plan_.repeated);
            return;
        }
    } else
        lines_.set_layer(std::nullopt);
    insert(plan_.each_layer);
}

void finisher::work::layer_line(std::string_view text, const gcode::parsed_line& line)
{
    if (line.letter == 0) {
        const bool of_head =
            text == layer_mark || line.comment.starts_with("Z:") || line.comment.starts_with("HEIGHT:");
        if (!of_head && !printing_) begin_printing();
        if (text == before_tool_mark) {
            if (const auto back = lines_.overdue_retraction(); !back.empty()) out_.line(back);
            return insert(plan_.before_tool);
        }
        if (text == after_tool_mark) return insert(plan_.after_tool);
        if (text == start_mark) return;
        if (line.comment.starts_with("TYPE:")) lines_.set_model(of_model_ = begins_model(line.comment));
        if (!raft_layer_ && facts_.z) {
            if (const auto volume = volume_of_label(line.comment)) {
                if (const auto wish = layer_at(plan_, *volume, *facts_.z - raft_top_.value_or(0)))
                    set_wish(wish);
            } else if (all_ && line.comment.starts_with(" stop printing object"))
                lines_.set_layer(all_); // the fan stays until another model begins
        }
        return out_.line(text, line);
    }
    if (!printing_) begin_printing();
    if (has_progress_ && out_.since_mark() >= mark_every_s) out_.mark();
    engine_command(text, line);
}

void finisher::work::engine_command(std::string_view text, const gcode::parsed_line& line)
{
    if (line.letter == 'G' && line.number <= 3) {
        const auto another = lines_.move(line);
        if (!another) return out_.line(text, line); // read already
        if (!another->empty()) out_.line(*another);
        return;
    }
    lines_.follow(line);
    const bool fan = line.is('M', 106) || line.is('M', 107) || line.is('M', 126) || line.is('M', 127);
    // The engine's wiping tower takes back the user's speed and pressure advance, and never gives them back.
    const bool tower = line.is('M', 220) || line.is('M', 900) || line.is('M', 572);
    if (fan || tower || line.is('M', 73)) return; // ours are written instead
    if (line.letter == 'T')
        if (const auto back = lines_.overdue_retraction(); !back.empty()) out_.line(back);
    if (part_ == part::layers && heats(line)) return;
    out_.line(text, line);
}

// The engine goes to the later temperatures after its first layer; here they change with the last bottom
// layer. Its lines that say one of the two are taken out, those that wait for one wait for the one in force.
bool finisher::work::heats(const gcode::parsed_line& line)
{
    const bool bed = line.is('M', 140) || line.is('M', 190);
    if (!bed && !line.is('M', 104) && !line.is('M', 109)) return false;
    const auto said = line.value('S');
    if (!said) return false;
    const auto tool = static_cast<std::size_t>(
        std::clamp(line.value('T').value_or(lines_.file().state().now().tool), 0.0, 1e3));
    if (!bed && tool >= plan_.tools.size()) return false;
    const auto& wish = bed ? plan_.bed : plan_.tools[tool];
    if (wish.bottom_c <= 0 || wish.later_c <= 0) return false;
    if (std::abs(*said - wish.bottom_c) > 0.5 && std::abs(*said - wish.later_c) > 0.5) return false;
    if (line.number == 140 || line.number == 104) return true;
    const auto named = line.find('T') ? std::optional(static_cast<int>(tool)) : std::nullopt;
    out_.line(heat_command(line.number, bottom_ ? wish.bottom_c : wish.later_c, named));
    return true;
}

std::string finisher::work::heat_command(int command, double celsius, std::optional<int> tool) const
{
    if (command == 190 && plan_.dialect == gcode_dialect::makerbot) command = 109;
    auto text =
        "M" + std::to_string(command) + (is_milling(plan_.dialect) ? " P" : " S") + shortest(celsius, 1);
    if (tool) text += " T" + std::to_string(*tool);
    return text;
}

void finisher::work::set_phase(bool bottom)
{
    if (bottom == bottom_) return;
    bottom_ = bottom;
    for (std::size_t tool = 0; tool < plan_.tools.size(); ++tool) {
        const auto& wish = plan_.tools[tool];
        const double wanted = bottom ? wish.bottom_c : wish.later_c;
        // Tools that the engine does not heat are not used.
        const auto now = lines_.engine().tool_target(static_cast<int>(tool));
        const bool used = plan_.tools.size() == 1 || (now && *now > 0);
        if (wanted <= 0 || wish.bottom_c == wish.later_c || !used) continue;
        out_.line(heat_command(
            104, wanted, plan_.tools.size() > 1 ? std::optional(static_cast<int>(tool)) : std::nullopt));
    }
    const double wanted = bottom ? plan_.bed.bottom_c : plan_.bed.later_c;
    if (wanted > 0 && plan_.bed.bottom_c != plan_.bed.later_c)
        out_.line(heat_command(140, wanted, std::nullopt));
}

void finisher::work::set_wish(std::optional<layer_wish> wish)
{
    if (!wish) return;
    lines_.set_layer(wish);
    set_fan(fan_percent(plan_, *wish, layer_s_));
}

void finisher::work::set_fan(double percent)
{
    const double duty = std::round(std::clamp(percent, 0.0, 100.0) * 255 / 100);
    if (duty == fan_) return;
    fan_ = duty;
    if (plan_.dialect == gcode_dialect::makerbot)
        return out_.line(duty > 0 ? "M126" : "M127"); // on or off is all it knows
    if (duty == 0) return out_.line("M107");
    out_.line(std::string("M106 ") + (is_milling(plan_.dialect) ? "P" : "S") + shortest(duty, 0));
}

// Drawn back and lifted, so that nothing oozes onto the layer that cools.
void finisher::work::wait(double seconds)
{
    const auto before = lines_.file().state();
    const double back = std::max(0.0, lines_.retraction() - lines_.meter().drawn_back(before.now().tool));
    const auto z = before.z();
    const double up = z ? std::clamp(plan_.room_z_mm - *z, 0.0, std::max(lift_mm, plan_.z_hop_mm)) : 0;
    const std::string fast = " F" + shortest(plan_.travel_mm_s * 60, 3);
    if (back > 1e-4) out_.line(lines_.filament_move(-back));
    if (up > 0.01) out_.line("G1 Z" + shortest(*z + up, 3) + fast);
    const bool by_seconds = is_milling(plan_.dialect);
    for (double left = seconds; left > 1e-3; left -= longest_dwell_s) {
        const double piece = std::min(left, longest_dwell_s);
        out_.line("G4 P" + (by_seconds ? shortest(piece, 3) : shortest(piece * 1000, 0)));
    }
    if (up > 0.01) out_.line("G1 Z" + shortest(*z, 3) + fast);
    if (back > 1e-4) out_.line(lines_.filament_move(back));
}

void finisher::work::insert(const code_lines_list& code)
{
    if (code.empty()) return;
    const auto before = lines_.file().state();
    const bool of_tool = &code == &plan_.before_tool || &code == &plan_.after_tool;
    out_.owners(code);
    for (const auto& line : lines_.back_to(before))
        if (!of_tool || !line.starts_with('T')) out_.line(line);
}

slice_result<finished> finisher::work::finish()
{
    splitter_.finish();
    if (!failure_) take_lines();
    if (failure_) return *failure_;
    if (layer_count_ == 0) return broken("The engine's G-code has no layers.");
    if (!started_ || part_ != part::tail)
        return broken("The engine's G-code lacks the place for the owner's start or end.");
    out_.flush();
    finished done;
    done.bytes = out_.bytes();
    done.lines = out_.line_count();
    done.layers = layer_count_;
    done.seconds = lines_.file().seconds();
    done.filament_mm = lines_.meter().used();
    if (plan_.cubic_e)
        for (std::size_t tool = 0; tool < done.filament_mm.size(); ++tool) {
            const double radius = (tool < plan_.filament_mm.size() ? plan_.filament_mm[tool] : 1.75) / 2;
            done.filament_mm[tool] /= std::numbers::pi * radius * radius;
        }
    done.user_lines = out_.take_runs();
    done.patches = out_.patches();
    done.notes = std::move(notes_);
    return done;
}

finisher::finisher(finishing_plan plan, std::vector<png_picture> pictures, sink out)
    : work_(std::make_unique<work>(std::move(plan), std::move(pictures), std::move(out)))
{
}
finisher::~finisher() = default;

bool finisher::push(std::string_view bytes)
{
    return work_->push(bytes);
}

const std::vector<line_run>& finisher::user_lines() const
{
    return work_->user_lines();
}

slice_result<finished> finisher::finish()
{
    return work_->finish();
}

} // namespace layerline::workshop
