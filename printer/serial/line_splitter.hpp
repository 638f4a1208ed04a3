// Cuts the printer's bytes into lines, whatever slices they come in.
#pragma once

#include <array>
#include <cstddef>
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
                if (size_ < longest)
                    held_[size_++] = c;
                else
                    cut_ = true;
                continue;
            }
            if (size_ == 0) continue;
            const std::size_t size = std::exchange(size_, 0);
            const bool whole = !std::exchange(cut_, false);
            each(std::string_view(held_.data(), size), whole);
        }
    }
    void clear()
    {
        size_ = 0;
        cut_ = false;
    }

private:
    std::array<char, longest> held_{};
    std::size_t size_ = 0;
    bool cut_ = false;
};

} // namespace layerline::printer::serial
