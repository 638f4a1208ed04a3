#include "camera/multipart_parser.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace layerline::camera {

namespace {

// RFC 2046 allows 70; with two dashes, and room for those who do not count.
constexpr std::size_t longest_boundary = 258;
// Shorter ones may stand in a picture by chance: a line has to begin with them.
constexpr std::size_t rare_by_itself = 8;
constexpr std::size_t longest_field = 256;

bool same_word(std::string_view a, std::string_view b)
{
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool printable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_token(std::string_view text)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
        return (c < 0x80 && std::isalnum(c) != 0) ||
               marks.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

// What stands after the boundary parameter's "=", quoted or not.
std::string parameter_value(std::string_view text)
{
    text = trimmed(text);
    if (!text.starts_with('"')) return std::string(trimmed(text.substr(0, text.find(';'))));
    std::string value;
    for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        value += text[i];
    }
    return value;
}

} // namespace

std::optional<std::string> mixed_replace_boundary(std::string_view content_type)
{
    const auto semicolon = content_type.find(';');
    if (!same_word(trimmed(content_type.substr(0, semicolon)), "multipart/x-mixed-replace"))
        return std::nullopt;
    for (auto at = semicolon; at != std::string_view::npos; at = content_type.find(';', at + 1)) {
        const auto parameter = content_type.substr(at + 1);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos || !same_word(trimmed(parameter.substr(0, equals)), "boundary"))
            continue;
        auto value = parameter_value(parameter.substr(equals + 1));
        if (value.size() + 2 > longest_boundary || !printable(value)) value.clear();
        return value;
    }
    return std::string();
}

multipart_parser::multipart_parser(std::string boundary, multipart_limits limits)
    : told_(std::move(boundary)), limits_(limits)
{
}

std::optional<multipart_fault> multipart_parser::take(std::string_view bytes, std::vector<frame_part>& into)
{
    if (fault_ || at_ == place::end) return fault_;
    held_.append(bytes);
    auto next = step::on;
    while (next == step::on && !fault_) {
        switch (at_) {
        case place::preamble:
            next = in_preamble();
            break;
        case place::boundary:
            next = at_boundary();
            break;
        case place::head:
            next = in_head();
            break;
        case place::sized:
            next = in_sized(into);
            break;
        case place::sized_end:
            next = at_sized_end(into);
            break;
        case place::searched:
        case place::skipped:
            next = in_searched(into);
            break;
        case place::end:
            next = step::more_needed;
            break;
        }
    }
    if (fault_ || at_ == place::end) {
        std::string().swap(held_);
        begin_ = searched_ = 0;
    } else if (begin_ != 0) {
        held_.erase(0, begin_);
        searched_ -= std::min(searched_, begin_);
        begin_ = 0;
    }
    return fault_;
}

multipart_parser::step multipart_parser::fail(multipart_fault why)
{
    fault_ = why;
    return step::more_needed;
}

// The next line without its end; none while it is not whole. `spent_` counts what lines took.
std::optional<std::string_view> multipart_parser::line(std::size_t most, multipart_fault too_long)
{
    const auto left = rest();
    const auto end = left.find('\n', searched_ > begin_ ? searched_ - begin_ : 0);
    if (spent_ + std::min(end, left.size()) > most) {
        fail(too_long);
        return std::nullopt;
    }
    if (end == std::string_view::npos) {
        searched_ = held_.size();
        return std::nullopt;
    }
    begin_ += end + 1;
    spent_ += end + 1;
    auto text = left.substr(0, end);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

multipart_parser::step multipart_parser::in_preamble()
{
    const auto text = line(limits_.preamble, multipart_fault::no_boundary);
    if (!text) return step::more_needed;
    const auto mark = trimmed(*text);
    if (mark.size() < 2 || mark.size() > longest_boundary || !printable(mark)) return step::on;
    if (mark != told_ && !mark.starts_with("--")) return step::on;
    if (mark.size() == 2 && mark != told_) return step::on;
    boundary_ = mark;
    spent_ = 0;
    at_ = place::head;
    return step::on;
}

// begin_ stands at the boundary's first byte.
multipart_parser::step multipart_parser::at_boundary()
{
    const auto after = rest().substr(boundary_.size());
    if (after.size() < 2) return step::more_needed;
    if (after.starts_with("--")) {
        at_ = place::end;
        return step::more_needed;
    }
    begin_ += boundary_.size();
    searched_ = begin_;
    spent_ = 0;
    const auto text = line(limits_.head, multipart_fault::head_too_large);
    if (!text) {
        begin_ -= boundary_.size();
        searched_ = begin_;
        return step::more_needed;
    }
    spent_ = 0;
    at_ = place::head;
    return step::on;
}

void multipart_parser::note_field(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = trimmed(text.substr(0, colon)), value = trimmed(text.substr(colon + 1));
    if (!is_token(name) || !printable(value) || name.size() + value.size() > longest_field) return;
    if (same_word(name, "content-length")) {
        std::uint64_t told = 0;
        const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), told);
        // Some say 0 for "I do not know".
        if (fault == std::errc{} && end == value.data() + value.size() && told != 0) length_ = told;
    } else if (same_word(name, "content-type")) {
        part_.type = value;
    } else if (!same_word(name, "connection") && !same_word(name, "transfer-encoding")) {
        part_.fields.append(name).append(": ").append(value).append("\r\n");
    }
}

multipart_parser::step multipart_parser::in_head()
{
    const auto text = line(limits_.head, multipart_fault::head_too_large);
    if (!text) return step::more_needed;
    if (!text->empty()) {
        note_field(*text);
        return step::on;
    }
    if (part_.type.empty()) part_.type = "image/jpeg";
    searched_ = begin_;
    spent_ = 0;
    const bool sized = length_ && *length_ <= limits_.part && lengths_ != trust::wrong;
    at_ = sized ? place::sized : place::searched;
    return step::on;
}

multipart_parser::step multipart_parser::in_sized(std::vector<frame_part>& into)
{
    const auto length = static_cast<std::size_t>(*length_);
    if (rest().size() < length) return step::more_needed;
    if (lengths_ == trust::right) {
        emit(begin_ + length, into);
        begin_ += length;
    }
    at_ = place::sized_end;
    return step::on;
}

// Behind a part with a length a boundary has to come, perhaps on a line of its own.
multipart_parser::step multipart_parser::at_sized_end(std::vector<frame_part>& into)
{
    const bool emitted = lengths_ == trust::right;
    const auto end = emitted ? begin_ : begin_ + static_cast<std::size_t>(*length_);
    auto after = std::string_view(held_).substr(end);
    const auto blank = std::min(after.find_first_not_of("\r\n"), after.size());
    after.remove_prefix(std::min<std::size_t>(blank, 4));
    const auto seen = after.substr(0, boundary_.size());
    const bool fits = boundary_.starts_with(seen);
    if (fits && seen.size() < boundary_.size()) return step::more_needed;
    if (fits) {
        if (!emitted) emit(end, into);
        lengths_ = trust::right;
        begin_ = static_cast<std::size_t>(after.data() - held_.data());
        at_ = place::boundary;
    } else {
        // The length was wrong: this part is of no use, and no later one's length is believed.
        lengths_ = trust::wrong;
        part_ = {};
        length_.reset();
        searched_ = begin_;
        at_ = place::skipped;
    }
    return step::on;
}

multipart_parser::step multipart_parser::in_searched(std::vector<frame_part>& into)
{
    constexpr std::size_t around = 4; // a line's end before the boundary, two dashes behind it
    const auto found = find_boundary(searched_);
    if (found == std::string::npos) {
        if (at_ == place::skipped)
            begin_ = std::max(begin_, searched_ - std::min<std::size_t>(searched_, 1));
        else if (held_.size() - begin_ > limits_.part + boundary_.size() + around)
            return fail(multipart_fault::part_too_large);
        return step::more_needed;
    }
    if (at_ == place::searched) {
        auto last = found;
        if (last > begin_ && held_[last - 1] == '\n') --last;
        if (last > begin_ && held_[last - 1] == '\r') --last;
        if (last - begin_ > limits_.part) return fail(multipart_fault::part_too_large);
        if (last > begin_) emit(last, into);
    }
    part_ = {};
    length_.reset();
    begin_ = found;
    at_ = place::boundary;
    return step::on;
}

std::size_t multipart_parser::find_boundary(std::size_t from)
{
    // A match counts once what follows is here, and says that the boundary ends there.
    for (auto at = held_.find(boundary_, from); at != std::string::npos; at = held_.find(boundary_, at + 1)) {
        const auto after = at + boundary_.size();
        searched_ = at;
        if (after >= held_.size() || (held_[after] == '-' && after + 1 >= held_.size()))
            return std::string::npos;
        const bool own_line = at == begin_ || held_[at - 1] == '\n';
        const char next = held_[after];
        const bool ends = next == '\r' || next == '\n' || next == ' ' || next == '\t' ||
                          (next == '-' && held_[after + 1] == '-');
        if (ends && (own_line || boundary_.size() >= rare_by_itself)) return at;
        searched_ = at + 1;
    }
    searched_ = std::max({from, searched_, held_.size() - std::min(held_.size(), boundary_.size())});
    return std::string::npos;
}

// The bytes from begin_ to `end` are a part.
void multipart_parser::emit(std::size_t end, std::vector<frame_part>& into)
{
    part_.bytes.assign(held_, begin_, end - begin_);
    into.push_back(std::exchange(part_, {}));
    length_.reset();
}

} // namespace layerline::camera
