// Cuts the printer's bytes into lines, whatever slices they come in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace layerline::printer::serial {

class line_splitter {
public:
    static constexpr std::size_t longest = 1024;

    // Calls each(line, whole) for every line that ended, without its newline; `whole` is false where it was
    // cut. Carriage returns and newlines both end a line; empty lines are left out.
    template <class Each>
    void feed(std::string_view bytes, Each&& each)
    {
        for (const char c : bytes) {
            if (c != '\n' && c != '\r') {
                if (held_.size() < longest)
                    held_ += c;
                else
                    cut_ = true;
                continue;
            }
            if (held_.empty()) continue;
            const std::string line = std::exchange(held_, std::string());
            const bool whole = !std::exchange(cut_, false);
            each(std::string_view(line), whole);
        }
    }
    void clear()
    {
        held_.clear();
        cut_ = false;
    }

private:
    std::string held_;
    bool cut_ = false;
};

} // namespace layerline::printer::serial
