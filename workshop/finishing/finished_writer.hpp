// The finished file as it grows: lines and bytes counted, progress lines with room for what is known at the
// end.
#pragma once

#include "workshop/finishing/finisher.hpp"
#include "workshop/finishing/line_rewriter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

class finished_writer {
public:
    finished_writer(finisher::sink out, line_rewriter& lines) : out_(std::move(out)), lines_(lines) {}

    // A line as it stands, without its end; its effect is followed.
    void line(std::string_view text);
    void line(std::string_view text, const gcode::parsed_line& parsed);
    // The owner's own, word for word.
    void owners(const std::vector<std::string>& code);
    // A line of progress (M73), to be patched; none past most_marks.
    void mark();
    // Seconds since the last one.
    double since_mark() const { return lines_.file().seconds() - marked_s_; }
    void flush();

    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t line_count() const { return line_count_; }
    std::vector<line_run> take_runs() { return std::move(runs_); }
    const std::vector<line_run>& runs() const { return runs_; }
    // The marks' final text, once all time is known.
    std::vector<file_patch> patches() const;

private:
    void raw(std::string_view text);

    finisher::sink out_;
    line_rewriter& lines_;
    std::string held_;
    std::uint64_t bytes_ = 0, line_count_ = 0;
    std::vector<line_run> runs_;
    struct progress {
        std::uint64_t offset = 0;
        double seconds = 0;
    };
    std::vector<progress> marks_;
    double marked_s_ = 0;
};

} // namespace layerline::workshop
