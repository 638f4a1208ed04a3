// Arguments: a SAX pass over the body that keeps only top-level scalars, then the schema's checks.
#include "commands/arguments.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace layerline::commands {

namespace {

struct nothing {};
struct nested {
    bool array = false;
    std::string text = {}; // filled in where a command takes such a thing
};
struct from_query {
    std::string text;
};
using given_value = std::variant<nothing, nested, bool, std::int64_t, double, std::string, from_query>;
struct given {
    std::string name;
    given_value value;
};

// Collects the members of the outermost object; never recursive, and stops at max_json_depth.
class body_reader final : public nlohmann::json_sax<nlohmann::json> {
public:
    std::vector<given> members;
    std::string fault; // why the body is no good

    bool null() override { return put(nothing{}); }
    bool boolean(bool v) override { return put(v); }
    bool number_integer(number_integer_t v) override { return put(std::int64_t{v}); }
    bool number_unsigned(number_unsigned_t v) override
    {
        if (v <= static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
            return put(static_cast<std::int64_t>(v));
        return put(static_cast<double>(v));
    }
    bool number_float(number_float_t v, const string_t&) override { return put(double{v}); }
    bool string(string_t& v) override { return put(std::move(v)); }
    bool binary(binary_t&) override { return refuse("The body is not JSON."); }
    bool start_object(std::size_t) override
    {
        if (depth_ == 1 && !put(nested{false})) return false;
        return deeper();
    }
    bool start_array(std::size_t) override
    {
        if (depth_ == 0) return refuse("The body is not a JSON object.");
        if (depth_ == 1 && !put(nested{true})) return false;
        return deeper();
    }
    bool key(string_t& name) override
    {
        if (depth_ == 1) name_ = std::move(name);
        return true;
    }
    bool end_object() override
    {
        --depth_;
        return true;
    }
    bool end_array() override
    {
        --depth_;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        return refuse("The body is not JSON: it breaks at byte " + std::to_string(position) + ".");
    }

private:
    bool put(given_value v)
    {
        if (depth_ == 0) return refuse("The body is not a JSON object.");
        if (depth_ == 1) members.push_back({std::move(name_), std::move(v)});
        return true;
    }
    bool deeper()
    {
        if (++depth_ > max_json_depth)
            return refuse("The body is nested more than " + std::to_string(max_json_depth) + " deep.");
        return true;
    }
    bool refuse(std::string why)
    {
        if (fault.empty()) fault = std::move(why);
        return false;
    }

    std::size_t depth_ = 0;
    std::string name_;
};

bool same_in_any_case(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

const argument* find_row(std::span<const argument> schema, std::string_view name, bool in_query)
{
    for (const auto& row : schema) {
        if (row.name == name) return &row;
        if (in_query &&
            (same_in_any_case(row.name, name) || (!row.alias.empty() && same_in_any_case(row.alias, name))))
            return &row;
    }
    return nullptr;
}

// A name from a stranger, short enough for an error.
std::string shown(std::string_view name)
{
    return "\"" + std::string(name.substr(0, 64)) + (name.size() > 64 ? "…\"" : "\"");
}

failure bad(const argument& row, const std::string& what)
{
    return fail(400, std::string(row.name) + " " + what);
}

failure wrong_type(const argument& row)
{
    const auto name = name_of(row.type);
    const bool vowel = name.front() == 'i' || name.front() == 'o' || name.front() == 'a';
    return bad(row, (vowel ? "must be an " : "must be a ") + std::string(name) + ".");
}

template <class Number>
std::optional<Number> whole_number(std::string_view text)
{
    Number value{};
    const auto end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stopped != end) return std::nullopt;
    return value;
}

// A query's text as what the schema wants; unchanged when it cannot be, so that the type check names it.
given_value typed(const argument& row, const std::string& text)
{
    switch (row.type) {
    case argument_type::boolean:
        if (same_in_any_case(text, "true") || text == "1") return true;
        if (same_in_any_case(text, "false") || text == "0") return false;
        break;
    case argument_type::integer:
        if (const auto value = whole_number<std::int64_t>(text)) return *value;
        break;
    case argument_type::number:
        if (const auto value = whole_number<double>(text)) return *value;
        break;
    case argument_type::text:
    case argument_type::object:
    case argument_type::array:
        break;
    }
    return text;
}

std::string in_words(double bound)
{
    char text[32];
    const auto end = std::to_chars(std::begin(text), std::end(text), bound).ptr;
    return {text, end};
}

outcome<arguments::value> in_range(const argument& row, double measured, arguments::value value)
{
    if (!std::isfinite(measured)) return bad(row, "must be a finite number.");
    if (measured < row.least || measured > row.most)
        return bad(row, "must be between " + in_words(row.least) + " and " + in_words(row.most) + ".");
    return value;
}

outcome<arguments::value> checked_text(const argument& row, std::string text)
{
    const auto harmful = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || c == ';' || c == '*';
    };
    if (std::any_of(text.begin(), text.end(), harmful))
        return bad(row, "must not hold control characters, ';' or '*'.");
    if (static_cast<double>(text.size()) < row.least)
        return bad(row, text.empty() ? "must not be empty." : "is too short.");
    if (static_cast<double>(text.size()) > row.most)
        return bad(row, "must be at most " + in_words(row.most) + " bytes long.");
    return arguments::value(std::move(text));
}

outcome<arguments::value> checked(const argument& row, given_value value)
{
    if (auto* raw = std::get_if<from_query>(&value)) value = typed(row, raw->text);
    switch (row.type) {
    case argument_type::boolean:
        if (const auto* v = std::get_if<bool>(&value)) return arguments::value(*v);
        break;
    case argument_type::integer:
        if (const auto* v = std::get_if<std::int64_t>(&value))
            return in_range(row, static_cast<double>(*v), *v);
        break;
    case argument_type::number:
        if (const auto* v = std::get_if<double>(&value)) return in_range(row, *v, *v);
        if (const auto* v = std::get_if<std::int64_t>(&value))
            return in_range(row, static_cast<double>(*v), static_cast<double>(*v));
        break;
    case argument_type::text:
        if (auto* v = std::get_if<std::string>(&value)) return checked_text(row, std::move(*v));
        break;
    case argument_type::object:
    case argument_type::array:
        if (auto* v = std::get_if<nested>(&value); v && v->array == (row.type == argument_type::array))
            return arguments::value(std::move(v->text));
        break;
    }
    return wrong_type(row);
}

} // namespace

std::optional<bool> arguments::boolean(std::string_view name) const
{
    const auto at = values_.find(name);
    return at == values_.end() ? std::nullopt : std::optional(std::get<bool>(at->second));
}

std::optional<std::int64_t> arguments::integer(std::string_view name) const
{
    const auto at = values_.find(name);
    return at == values_.end() ? std::nullopt : std::optional(std::get<std::int64_t>(at->second));
}

std::optional<double> arguments::number(std::string_view name) const
{
    const auto at = values_.find(name);
    return at == values_.end() ? std::nullopt : std::optional(std::get<double>(at->second));
}

std::optional<std::string> arguments::text(std::string_view name) const
{
    const auto at = values_.find(name);
    return at == values_.end() ? std::nullopt : std::optional(std::get<std::string>(at->second));
}

outcome<arguments> decode_arguments(std::span<const argument> schema, dialect how, std::string_view query,
                                    std::string_view body)
{
    auto fields = decode_query(query);
    if (!fields) return fields.error();
    body_reader reader;
    const bool blank = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (body.size() > max_argument_bytes)
        return fail(413, "The body is larger than " + std::to_string(max_argument_bytes) + " bytes.");
    if (!blank && !nlohmann::json::sax_parse(body.begin(), body.end(), &reader))
        return fail(751, reader.fault.empty() ? "The body is not JSON." : reader.fault);

    arguments all;
    const auto take = [&](const std::string& name, given_value value,
                          bool in_query) -> std::optional<failure> {
        const argument* row = find_row(schema, name, in_query);
        if (!row) {
            if (how == dialect::seed) return std::nullopt;
            return fail(400, "There is no field " + shown(name) + " in this command.");
        }
        if (std::holds_alternative<nothing>(value)) return std::nullopt; // null is "not given"
        if (all.has(row->name)) {
            if (how == dialect::seed) return std::nullopt;
            return bad(*row, "is given twice.");
        }
        auto good = checked(*row, std::move(value));
        if (!good) return good.error();
        all.set(row->name, std::move(*good));
        return std::nullopt;
    };
    // Texts of objects and arrays, whose depth is known to be bounded by now.
    const bool structured = std::any_of(schema.begin(), schema.end(), [](const argument& row) {
        return row.type == argument_type::object || row.type == argument_type::array;
    });
    if (structured && !blank) {
        const auto whole = nlohmann::json::parse(body, nullptr, false);
        for (auto& member : reader.members)
            if (auto* value = std::get_if<nested>(&member.value); value && whole.contains(member.name))
                value->text =
                    whole.at(member.name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
    for (auto& member : reader.members)
        if (auto why = take(member.name, std::move(member.value), false)) return std::move(*why);
    for (auto& [name, value] : *fields)
        if (auto why = take(name, from_query{std::move(value)}, true)) return std::move(*why);
    for (const auto& row : schema)
        if (row.required && !all.has(row.name)) return bad(row, "is missing.");
    return all;
}

} // namespace layerline::commands
