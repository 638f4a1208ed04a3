// What waits to be written to the port: whole lines, urgent ones ahead of the others, never inside one.
#pragma once

#include "printer/serial/kept_ring.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

class line_outbox {
public:
    static constexpr std::size_t most_urgent = 4;

    // Lines of up to so many bytes; a longer one allocates.
    explicit line_outbox(std::size_t longest)
    {
        current_.reserve(longest);
        for (auto* each : {&urgent_, &lines_})
            each->each_place([&](std::string& line) { line.reserve(longest); });
    }

    void put(std::string_view line)
    {
        lines_.add().assign(line);
        load();
    }
    bool put_urgent(std::string_view line)
    {
        if (urgent_.size() >= most_urgent) return false;
        // A line of which nothing was written yet can still wait.
        if (written_ == 0 && !current_urgent_ && !current_.empty()) {
            lines_.add_front().swap(current_);
            current_.clear();
        }
        urgent_.add().assign(line);
        load();
        return true;
    }
    // The rest of the line that is being written; empty when there is nothing to write.
    std::string_view front() const { return std::string_view(current_).substr(written_); }
    bool empty() const { return current_.empty(); }
    // Ordinary lines of which nothing was written yet.
    std::size_t unbegun() const
    {
        return lines_.size() + (written_ == 0 && !current_urgent_ && !current_.empty() ? 1 : 0);
    }
    // True when that was the end of a line.
    bool consumed(std::size_t count)
    {
        written_ += count;
        if (current_.empty() || written_ < current_.size()) return false;
        current_.clear();
        written_ = 0;
        load();
        return true;
    }
    // Lines of which nothing was written yet; urgent ones stay.
    void drop_unbegun()
    {
        lines_.clear();
        if (written_ == 0 && !current_urgent_) {
            current_.clear();
            load();
        }
    }
    void clear()
    {
        lines_.clear();
        urgent_.clear();
        current_.clear();
        written_ = 0;
    }

private:
    void load()
    {
        if (!current_.empty()) return;
        auto& from = urgent_.empty() ? lines_ : urgent_;
        current_urgent_ = !urgent_.empty();
        if (from.empty()) return;
        current_.swap(from.front());
        from.pop_front();
    }

    std::string current_;
    std::size_t written_ = 0;
    bool current_urgent_ = false;
    kept_ring<std::string> urgent_{most_urgent}, lines_{16};
};

} // namespace layerline::printer::serial
