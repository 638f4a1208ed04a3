// One layer's lines, held until it is known what they are together. They are gone through twice; what the
// first time took apart is kept for the second as far as memory allows. Pure.
#pragma once

#include "workshop/finishing/dialect_line.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

class held_layer {
public:
    // Another layer, which begins with that line. Lines are without their ends.
    void begin(std::string_view line)
    {
        text_.clear();
        read_count_ = 0;
        append(line);
    }
    void append(std::string_view line) { text_.append(line).push_back('\n'); }
    std::size_t bytes() const { return text_.size(); }

    // `each` gets every line, as text and taken apart; both hold until the next `begin` or `append`.
    template <class Each>
    void for_each(gcode_dialect dialect, const Each& each)
    {
        std::size_t number = 0;
        for (std::size_t at = 0; at < text_.size(); ++number) {
            const auto end = text_.find('\n', at);
            const auto text = std::string_view(text_).substr(at, end - at);
            at = end + 1;
            if (number == read_count_ && number < most_read) {
                if (read_.size() == number) read_.emplace_back();
                parse_line(text, dialect, read_[number]);
                ++read_count_;
            }
            if (number < read_count_)
                each(text, read_[number]);
            else
                each(text, parse_line(text, dialect));
        }
    }

private:
    static constexpr std::size_t most_read = 16UL * 1024; // lines, of some 700 bytes each

    std::string text_;
    std::vector<gcode::parsed_line> read_; // the first lines of this layer or an earlier one
    std::size_t read_count_ = 0;           // those of this one
};

} // namespace layerline::workshop
