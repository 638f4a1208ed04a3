#include "workshop/models/model_words.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace layerline::workshop {

namespace {

bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

} // namespace

model_failure unreadable(std::string detail)
{
    return {model_errc::not_a_model, std::move(detail)};
}

model_failure too_many(std::size_t count, std::size_t most)
{
    return {model_errc::not_convertible, "The model has " + std::to_string(count) + " triangles; at most " +
                                             std::to_string(most) + " are taken."};
}

bool sane(const point& at, float most)
{
    const auto good = [most](float value) { return std::abs(value) <= most; }; // false for NaN, too
    return good(at.x) && good(at.y) && good(at.z);
}

std::string_view model_words::take()
{
    const auto end = std::find_if(rest_.begin(), rest_.end(), is_space);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    const auto word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
}

std::string_view model_words::next()
{
    for (;;) {
        while (!rest_.empty() && is_space(rest_.front())) {
            if (rest_.front() == '\n') ++line_;
            rest_.remove_prefix(1);
        }
        if (comment_ == 0 || !rest_.starts_with(comment_)) return take();
        skip_line();
    }
}

std::string_view model_words::next_in_line()
{
    for (;;) {
        while (!rest_.empty() && rest_.front() != '\n' && is_space(rest_.front()))
            rest_.remove_prefix(1);
        if (comment_ != 0 && rest_.starts_with(comment_)) skip_line();
        const bool goes_on = rest_.starts_with("\\\n") || rest_.starts_with("\\\r\n");
        if (!goes_on) return rest_.starts_with('\n') ? std::string_view() : take();
        rest_.remove_prefix(rest_.find('\n') + 1);
        ++line_;
    }
}

void model_words::skip_line()
{
    const auto end = rest_.find('\n');
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
}

bool same_word(std::string_view word, std::string_view lower)
{
    return word.size() == lower.size() &&
           std::equal(word.begin(), word.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
           });
}

std::optional<float> number_in(std::string_view word)
{
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return static_cast<float>(value);
}

std::optional<std::int64_t> whole_in(std::string_view word)
{
    if (word.starts_with('+')) word.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return value;
}

} // namespace layerline::workshop
