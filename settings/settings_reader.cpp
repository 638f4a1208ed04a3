// toml++ behind the reader; the only place that knows it.
#include "settings/settings_reader.hpp"

#include "cmake/toml.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

namespace layerline::settings {

namespace {

constexpr std::size_t max_file_bytes = 256UL * 1024;
constexpr std::size_t max_faults = 20;
constexpr std::size_t max_list = 64;
constexpr std::size_t max_text = 4096;

// A key as it is shown: hostile files exist, and terminals obey control characters.
std::string shown(std::string_view key)
{
    std::string text(key.substr(0, 64));
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return text;
}

} // namespace

struct settings_reader::node_view {
    const toml::node& node;

    std::optional<std::string> as_text() const
    {
        if (!node.is_string()) return std::nullopt;
        auto text = *node.value<std::string>();
        if (text.size() > max_text || text.find('\0') != std::string::npos) return std::nullopt;
        return text;
    }
};

std::string describe(const std::vector<settings_fault>& faults, std::string_view file)
{
    std::string all;
    for (const auto& fault : faults) {
        if (!all.empty()) all += '\n';
        all += file;
        if (fault.line != 0) all += ":" + std::to_string(fault.line);
        all += ": " + fault.text;
    }
    return all;
}

void settings_reader::text(std::string key, text_taker take)
{
    known_.emplace(std::move(key), [take = std::move(take)](const node_view& view) -> std::string {
        const auto text = view.as_text();
        if (!text) return "must be a text in quotes";
        return take(*text);
    });
}

void settings_reader::path(std::string key, std::filesystem::path& into)
{
    text(std::move(key), [&into](const std::string& text) -> std::string {
        std::filesystem::path path(text);
        if (!path.is_absolute()) return "must be a path that begins with /";
        into = std::move(path);
        return {};
    });
}

void settings_reader::list(std::string key, list_taker take)
{
    known_.emplace(std::move(key), [take = std::move(take)](const node_view& view) -> std::string {
        const auto* items = view.node.as_array();
        if (items == nullptr) return "must be a list of texts, such as [\"a\", \"b\"]";
        if (items->size() > max_list) return "must hold at most " + std::to_string(max_list) + " texts";
        std::vector<std::string> texts;
        for (const auto& item : *items) {
            auto text = node_view{item}.as_text();
            if (!text) return "must be a list of texts, such as [\"a\", \"b\"]";
            texts.push_back(std::move(*text));
        }
        return take(texts);
    });
}

void settings_reader::flag(std::string key, bool& into)
{
    known_.emplace(std::move(key), [&into](const node_view& view) -> std::string {
        if (!view.node.is_boolean()) return "must be true or false";
        into = *view.node.value<bool>();
        return {};
    });
}

void settings_reader::take_whole(std::string key, std::function<void(std::uint64_t)> take, std::uint64_t low,
                                 std::uint64_t high)
{
    known_.emplace(std::move(key), [take = std::move(take), low, high](const node_view& view) -> std::string {
        const auto value =
            view.node.is_integer() ? view.node.value<std::int64_t>() : std::optional<std::int64_t>();
        if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < low ||
            static_cast<std::uint64_t>(*value) > high)
            return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
        take(static_cast<std::uint64_t>(*value));
        return {};
    });
}

void settings_reader::number(std::string key, std::optional<double>& into, double low, double high)
{
    known_.emplace(std::move(key), [&into, low, high](const node_view& view) -> std::string {
        const auto value = view.node.is_number() ? view.node.value<double>() : std::optional<double>();
        if (!value || !std::isfinite(*value) || *value < low || *value > high)
            return "must be a number from " + std::to_string(static_cast<int>(low)) + " to " +
                   std::to_string(static_cast<int>(high));
        into = *value;
        return {};
    });
}

void settings_reader::named_texts(std::string section, named_taker take)
{
    named_.emplace(std::move(section), std::move(take));
}

void settings_reader::rows(std::string key, std::size_t at_most,
                           std::function<row_end(settings_reader&)> begin)
{
    const auto section = "[[" + key + "]]";
    known_.emplace(std::move(key), [=, begin = std::move(begin)](const node_view& view) -> std::string {
        const auto* items = view.node.as_array();
        if (items == nullptr || !items->is_homogeneous(toml::node_type::table))
            return "must be sections of their own: " + section;
        if (items->size() > at_most) return "must have at most " + std::to_string(at_most) + " entries";
        std::size_t number = 0;
        for (const auto& item : *items) {
            const auto entry = "entry " + std::to_string(++number) + ": ";
            settings_reader row;
            const auto end = begin(row);
            for (const auto& [name, value] : *item.as_table()) {
                const auto found = row.known_.find(name.str());
                if (found == row.known_.end()) return entry + "unknown key " + shown(name.str());
                if (auto wrong = found->second(node_view{value}); !wrong.empty())
                    return std::string(entry).append(name.str()).append(" ").append(wrong);
            }
            if (auto wrong = end(); !wrong.empty()) return entry + wrong;
        }
        return {};
    });
}

std::vector<settings_fault> settings_reader::read(std::string_view toml) const
{
    std::vector<settings_fault> faults;
    if (toml.size() > max_file_bytes) return {{0, "larger than 256 KiB"}};
    std::set<std::string, std::less<>> sections;
    for (const auto& [key, take] : known_)
        if (const auto dot = key.find('.'); dot != std::string::npos) sections.insert(key.substr(0, dot));

    toml::table document;
    try {
        document = toml::parse(toml);
    } catch (const toml::parse_error& fault) {
        return {{fault.source().begin.line, std::string(fault.description())}};
    }
    const auto take = [&](std::string_view key, const toml::node& node, std::uint32_t line) {
        const auto found = known_.find(key);
        if (found == known_.end())
            faults.push_back({line, "unknown key " + shown(key)});
        else if (auto wrong = found->second(node_view{node}); !wrong.empty())
            faults.push_back({line, std::string(key) + " " + wrong});
    };
    for (const auto& [name, node] : document) {
        const auto line = name.source().begin.line;
        const auto* table = node.as_table();
        const auto named = named_.find(name.str());
        const bool section = sections.contains(name.str()) || named != named_.end();
        if (!section && (table == nullptr || table->empty() || known_.contains(name.str()))) {
            take(name.str(), node, line);
            continue;
        }
        if (table == nullptr) {
            faults.push_back({line, shown(name.str()) + " must be a section: [" + shown(name.str()) + "]"});
            continue;
        }
        for (const auto& [key, value] : *table) {
            const auto full = std::string(name.str()) + "." + std::string(key.str());
            if (named == named_.end()) {
                take(full, value, key.source().begin.line);
                continue;
            }
            const auto text = node_view{value}.as_text();
            auto wrong = text ? named->second(std::string(key.str()), *text) : "must be a text in quotes";
            if (!wrong.empty()) faults.push_back({key.source().begin.line, shown(full) + " " + wrong});
        }
    }
    std::stable_sort(faults.begin(), faults.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    if (faults.size() > max_faults) faults.resize(max_faults);
    return faults;
}

std::optional<std::string> read_settings_file(const std::filesystem::path& file, bool may_be_missing,
                                              std::string& fault)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        const int why = errno;
        if (!(may_be_missing && why == ENOENT))
            fault = file.string() + ": cannot be read: " + std::generic_category().message(why);
        return std::nullopt;
    }
    std::string all(max_file_bytes + 1, '\0');
    in.read(all.data(), static_cast<std::streamsize>(all.size()));
    if (in.bad()) {
        fault = file.string() + ": cannot be read";
        return std::nullopt;
    }
    all.resize(static_cast<std::size_t>(in.gcount()));
    if (all.size() > max_file_bytes) {
        fault = file.string() + ": larger than 256 KiB";
        return std::nullopt;
    }
    return all;
}

} // namespace layerline::settings
