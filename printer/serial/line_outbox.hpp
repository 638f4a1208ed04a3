// What waits to be written to the port: whole lines, urgent ones ahead of the others, never inside one.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

class line_outbox {
public:
    static constexpr std::size_t most_urgent = 4;

    void put(std::string line)
    {
        lines_.push_back(std::move(line));
        load();
    }
    bool put_urgent(std::string line)
    {
        if (urgent_.size() >= most_urgent) return false;
        // A line of which nothing was written yet can still wait.
        if (written_ == 0 && !current_urgent_ && !current_.empty()) {
            lines_.push_front(std::move(current_));
            current_.clear();
        }
        urgent_.push_back(std::move(line));
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
        current_ = std::move(from.front());
        from.pop_front();
    }

    std::string current_;
    std::size_t written_ = 0;
    bool current_urgent_ = false;
    std::deque<std::string> urgent_, lines_;
};

} // namespace layerline::printer::serial
