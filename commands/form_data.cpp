#include "commands/form_data.hpp"

#include <algorithm>

namespace layerline::commands {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view given, std::string_view lower_case)
{
    return given.size() == lower_case.size() && std::equal(given.begin(), given.end(), lower_case.begin(),
                                                           [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Takes one "; name=value" from the front, the value a token or in quotes, where a backslash stands before a
// quote or another backslash; false at the end or when there is none.
bool take_parameter(std::string_view& text, std::string_view& name, std::string& value)
{
    text = trimmed(text);
    if (!text.starts_with(';')) return false;
    text = trimmed(text.substr(1));
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    name = trimmed(text.substr(0, equals));
    text = trimmed(text.substr(equals + 1));
    value.clear();
    if (!text.starts_with('"')) {
        const auto end = std::min(text.find(';'), text.size());
        value = trimmed(text.substr(0, end));
        text.remove_prefix(end);
        return true;
    }
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        value += text[i];
    }
    return false; // no closing quote
}

} // namespace

std::optional<std::string> form_boundary(std::string_view content_type)
{
    const auto semicolon = content_type.find(';');
    if (semicolon == std::string_view::npos ||
        !same(trimmed(content_type.substr(0, semicolon)), "multipart/form-data"))
        return std::nullopt;
    auto rest = content_type.substr(semicolon);
    std::string_view name;
    std::string value;
    while (take_parameter(rest, name, value))
        if (same(name, "boundary")) {
            const bool good =
                !value.empty() && value.size() <= 70 &&
                std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7f; });
            return good ? std::optional(value) : std::nullopt;
        }
    return std::nullopt;
}

void form_reader::push(std::string_view bytes)
{
    held_.erase(0, used_);
    used_ = 0;
    held_ += bytes;
}

form_step form_reader::fail(std::string_view why)
{
    at_ = stage::broken;
    fault_ = why;
    return form_step::fault;
}

form_step form_reader::read_head()
{
    const auto rest = std::string_view(held_).substr(used_);
    const auto end = rest.find("\r\n\r\n");
    if (end == std::string_view::npos)
        return rest.size() > max_part_head ? fail("A part's header is too long.") : form_step::need_more;
    if (end > max_part_head) return fail("A part's header is too long.");
    if (++parts_ > max_parts) return fail("The form has too many parts.");
    part_ = {};
    bool named = false;
    for (auto lines = rest.substr(0, end + 2); !lines.empty();) {
        const auto line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(std::min(line.size() + 2, lines.size()));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !same(line.substr(0, colon), "content-disposition")) continue;
        auto value = trimmed(line.substr(colon + 1));
        const auto kind = value.substr(0, value.find(';'));
        value.remove_prefix(kind.size());
        std::string_view name;
        std::string text;
        while (take_parameter(value, name, text)) {
            if (same(name, "name")) {
                part_.name = text;
                named = true;
            } else if (same(name, "filename")) {
                part_.filename = text;
            }
        }
    }
    // Some clients name a file only: it is the file that counts.
    if (!named && !part_.filename) return fail("A part has no name.");
    used_ += end + 4;
    at_ = stage::body;
    return form_step::part;
}

form_step form_reader::next()
{
    for (;;) {
        const auto rest = std::string_view(held_).substr(used_);
        switch (at_) {
        case stage::preamble: {
            const auto found = rest.find(mark_);
            if (found != std::string_view::npos) {
                used_ += found + mark_.size();
                at_ = stage::after_mark;
                continue;
            }
            if (rest.size() > max_part_head) return fail("The form's boundary does not come.");
            return form_step::need_more;
        }
        case stage::after_mark:
            if (rest.size() < 2) return form_step::need_more;
            if (rest.starts_with("--")) {
                at_ = stage::over;
                return form_step::end;
            }
            if (!rest.starts_with("\r\n")) {
                // Blanks are allowed between boundary and line end; nobody sends them.
                return fail("Something stands behind the form's boundary.");
            }
            used_ += 2;
            at_ = stage::head;
            continue;
        case stage::head:
            return read_head();
        case stage::body: {
            const auto found = rest.find(mark_);
            if (found == 0) {
                used_ += mark_.size();
                at_ = stage::after_mark;
                return form_step::part_end;
            }
            // All but what may be the beginning of a mark.
            const auto sure = found != std::string_view::npos ? found
                              : rest.size() >= mark_.size()   ? rest.size() - mark_.size() + 1
                                                              : 0;
            if (sure == 0) return form_step::need_more;
            content_ = rest.substr(0, sure);
            used_ += sure;
            return form_step::content;
        }
        case stage::over:
            return form_step::end;
        case stage::broken:
            return form_step::fault;
        }
    }
}

} // namespace layerline::commands
