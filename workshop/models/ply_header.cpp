#include "workshop/models/ply_header.hpp"

#include "workshop/models/model_words.hpp"

#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::size_t most_header = 64UL * 1024, most_elements = 64, most_properties = 256;

constexpr std::array<std::pair<std::string_view, ply_type>, 16> types{{{"char", ply_type::int8},
                                                                       {"int8", ply_type::int8},
                                                                       {"uchar", ply_type::uint8},
                                                                       {"uint8", ply_type::uint8},
                                                                       {"short", ply_type::int16},
                                                                       {"int16", ply_type::int16},
                                                                       {"ushort", ply_type::uint16},
                                                                       {"uint16", ply_type::uint16},
                                                                       {"int", ply_type::int32},
                                                                       {"int32", ply_type::int32},
                                                                       {"uint", ply_type::uint32},
                                                                       {"uint32", ply_type::uint32},
                                                                       {"float", ply_type::float32},
                                                                       {"float32", ply_type::float32},
                                                                       {"double", ply_type::float64},
                                                                       {"float64", ply_type::float64}}};

std::optional<ply_type> type_of(std::string_view word)
{
    for (const auto& [name, type] : types)
        if (word == name) return type;
    return std::nullopt;
}

model_failure at_line(const model_words& words, const std::string& what)
{
    return unreadable("Line " + words.line() + " of the header: " + what);
}

model_result<ply_form> read_form(model_words& words)
{
    const auto name = words.next_in_line();
    words.skip_line();
    if (name == "ascii") return ply_form::text;
    if (name == "binary_little_endian") return ply_form::little_endian;
    if (name == "binary_big_endian") return ply_form::big_endian;
    return at_line(words, "the format is ascii, binary_little_endian or binary_big_endian.");
}

model_result<ply_element> read_element(model_words& words)
{
    ply_element made;
    made.name = words.next_in_line();
    const auto rows = whole_in(words.next_in_line());
    if (made.name.empty() || !rows || *rows < 0) return at_line(words, "an element has a name and a number.");
    made.rows = static_cast<std::size_t>(*rows);
    return made;
}

model_result<ply_property> read_property(model_words& words)
{
    ply_property made;
    auto word = words.next_in_line();
    if (word == "list") {
        made.count = type_of(words.next_in_line());
        if (!made.count || *made.count == ply_type::float32 || *made.count == ply_type::float64)
            return at_line(words, "a list's length has a type of whole numbers.");
        word = words.next_in_line();
    }
    const auto type = type_of(word);
    made.name = words.next_in_line();
    if (!type || made.name.empty()) return at_line(words, "a property has a type and a name.");
    made.type = *type;
    return made;
}

} // namespace

std::size_t bytes_of(ply_type type)
{
    switch (type) {
    case ply_type::int8:
    case ply_type::uint8:
        return 1;
    case ply_type::int16:
    case ply_type::uint16:
        return 2;
    case ply_type::int32:
    case ply_type::uint32:
    case ply_type::float32:
        return 4;
    case ply_type::float64:
        break;
    }
    return 8;
}

model_result<ply_header> read_ply_header(std::string_view bytes)
{
    const auto head = bytes.substr(0, most_header);
    model_words words(head);
    ply_header made;
    if (words.next() != "ply") return at_line(words, "\"ply\" was expected.");
    bool has_form = false;
    for (auto word = words.next(); word != "end_header"; word = words.next()) {
        if (word == "format") {
            const auto form = read_form(words);
            if (form.has_error()) return form.error();
            made.form = *form;
            has_form = true;
        } else if (word == "element") {
            auto element = read_element(words);
            if (element.has_error()) return element.error();
            if (made.elements.size() == most_elements) return at_line(words, "there are too many elements.");
            made.elements.push_back(*std::move(element));
        } else if (word == "property") {
            auto property = read_property(words);
            if (property.has_error()) return property.error();
            if (made.elements.empty() || made.elements.back().properties.size() == most_properties)
                return at_line(words, "a property without an element, or too many.");
            made.elements.back().properties.push_back(*std::move(property));
        } else if (word == "comment" || word == "obj_info") {
            words.skip_line();
        } else {
            return at_line(words, "\"end_header\" was expected.");
        }
    }
    if (!has_form) return at_line(words, "there is no format.");
    made.bytes = head.size() - words.left();
    if (bytes.substr(made.bytes).starts_with("\r\n"))
        made.bytes += 2;
    else if (bytes.substr(made.bytes).starts_with('\n'))
        made.bytes += 1;
    else
        return at_line(words, "it does not end.");
    return made;
}

} // namespace layerline::workshop
