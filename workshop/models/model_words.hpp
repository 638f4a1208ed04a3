// Text formats of models: words, and the number of the line that each stands in. Pure.
#pragma once

#include "workshop/models/import_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

class model_words {
public:
    // What stands behind `comment` in a line is left out; 0: nothing does.
    explicit model_words(std::string_view text, char comment = 0) : rest_(text), comment_(comment) {}

    // Empty at the end.
    std::string_view next();
    // Empty at the end of the line; a backslash at the end of a line goes on in the next one.
    std::string_view next_in_line();
    void skip_line();
    std::string line() const { return std::to_string(line_); }
    // Bytes that are left.
    std::size_t left() const { return rest_.size(); }

private:
    std::string_view take();
    std::string_view rest_;
    char comment_;
    std::size_t line_ = 1;
};

// In any case of letters; `lower` is in lower case.
bool same_word(std::string_view word, std::string_view lower);
// Of the whole word; nothing for other words and for numbers that no double holds.
std::optional<float> number_in(std::string_view word);
std::optional<std::int64_t> whole_in(std::string_view word);

} // namespace layerline::workshop
