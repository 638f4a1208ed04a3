#include "workshop/service/configuration.hpp"

#include "cmake/toml.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <system_error>

namespace layerline::workshop {

namespace {

constexpr std::size_t max_file_bytes = 64UL * 1024;

// Says what is wrong with a value, or nothing.
using reader = std::function<std::string(const toml::node&)>;

template <class Number>
reader number(Number& into, std::int64_t low, std::int64_t high)
{
    return [&into, low, high](const toml::node& node) -> std::string {
        const auto value = node.value<std::int64_t>();
        if (!node.is_integer() || !value || *value < low || *value > high)
            return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
        into = static_cast<Number>(*value);
        return {};
    };
}

template <class Text>
reader text(Text& into)
{
    return [&into](const toml::node& node) -> std::string {
        if (!node.is_string()) return "must be a text in quotes";
        into = *node.value<std::string>();
        return {};
    };
}

reader flag(bool& into)
{
    return [&into](const toml::node& node) -> std::string {
        if (!node.is_boolean()) return "must be true or false";
        into = *node.value<bool>();
        return {};
    };
}

reader texts(std::vector<std::filesystem::path>& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto* const list = node.as_array();
        if (list == nullptr) return "must be a list of texts";
        into.clear();
        for (const auto& one : *list) {
            if (!one.is_string()) return "must be a list of texts";
            into.emplace_back(*one.value<std::string>());
        }
        return {};
    };
}

reader choice(while_printing& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        const std::map<std::string, while_printing> known{
            {"wait", while_printing::wait}, {"one", while_printing::one}, {"run", while_printing::run}};
        const auto found = given && node.is_string() ? known.find(*given) : known.end();
        if (found == known.end()) return "must be \"wait\", \"one\" or \"run\"";
        into = found->second;
        return {};
    };
}

reader place(observe::metrics_place& into)
{
    return [&into](const toml::node& node) -> std::string {
        const auto given = node.value<std::string>();
        const auto read = node.is_string() ? observe::parse_metrics_place(*given) : std::nullopt;
        if (!read) return "must be a numeric address and a port, such as \"127.0.0.1:9482\", or \"off\"";
        into = *read;
        return {};
    };
}

// A bucket: its name is told in requests, its folder stays here.
std::string add_bucket(configuration& into, const std::string& name, const toml::node& node)
{
    constexpr std::size_t longest = 64;
    const auto folder = node.value<std::string>();
    if (!node.is_string() || !folder->starts_with('/'))
        return "must be a folder with its whole path, in quotes";
    if (name.empty() || name.size() > longest || name == "models" || name == "jobs")
        return "is no name for a bucket: 1 to 64 characters, and not \"models\" or \"jobs\"";
    into.buckets.emplace(name, *folder);
    return {};
}

} // namespace

std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml_text,
                                                                     std::string_view name)
{
    configuration read;
    const std::map<std::string, reader, std::less<>> known{
        {"listen.address", text(read.address)},
        {"listen.port", number(read.port, 0, 65535)},
        {"listen.socket", text(read.socket)},
        {"metrics.listen", place(read.metrics)},
        {"callbacks.local", flag(read.callbacks_local)},
        {"limits.max_connections", number(read.max_connections, 1, 100'000)},
        {"limits.max_upload_mb", number(read.max_upload_mb, 1, 4096)},
        {"limits.max_chunk_mb", number(read.max_chunk_mb, 1, 4096)},
        {"limits.open_uploads", number(read.open_uploads, 1, 10'000)},
        {"limits.uploads_per_month", number(read.uploads_per_month, 0, 100'000'000)},
        {"jobs.at_once", number(read.at_once, 1, 256)},
        {"jobs.waiting", number(read.waiting, 1, 1'000'000)},
        {"jobs.time_s", number(read.time_s, 1, 86'400)},
        {"jobs.cpu_s", number(read.cpu_s, 1, 864'000)},
        {"jobs.memory_mb", number(read.memory_mb, 128, 1'000'000)},
        {"jobs.output_mb", number(read.output_mb, 1, 100'000)},
        {"jobs.free_memory_mb", number(read.free_memory_mb, 0, 10'000'000)},
        {"jobs.while_printing", choice(read.printing)},
        {"jobs.agents", texts(read.agents)},
        {"jobs.kept_hours", number(read.kept_hours, 1, 87'600)},
        {"slicing.engine", text(read.engine)},
        {"slicing.profiles", text(read.profiles)},
        {"slicing.cache_mb", number(read.cache_mb, 0, 1'000'000)},
    };
    const auto at = [&](const toml::source_region& where, const std::string& what) {
        return configuration_fault{std::string(name) + ":" + std::to_string(where.begin.line) + ": " + what};
    };
    toml::table document;
    try {
        document = toml::parse(toml_text, name);
    } catch (const toml::parse_error& fault) {
        return at(fault.source(), std::string(fault.description()));
    }
    for (const auto& [section, node] : document) {
        const std::string name_of_section(section.str());
        const auto* table = node.as_table();
        if (table == nullptr) return at(node.source(), "unknown key " + name_of_section);
        for (const auto& [key, value] : *table) {
            const auto path = name_of_section + "." + std::string(key.str());
            if (name_of_section == "buckets") {
                auto wrong = add_bucket(read, std::string(key.str()), value);
                if (!wrong.empty()) return at(value.source(), wrong.insert(0, path + " "));
                continue;
            }
            const auto found = known.find(path);
            if (found == known.end()) return at(value.source(), "unknown key " + path);
            auto wrong = found->second(value);
            if (!wrong.empty()) return at(value.source(), wrong.insert(0, path + " "));
        }
    }
    return read;
}

std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        std::error_code ignored;
        if (may_be_missing && !std::filesystem::exists(file, ignored)) return configuration{};
        return configuration_fault{file.string() + ": cannot be read"};
    }
    std::string all;
    all.resize(max_file_bytes + 1);
    in.read(all.data(), static_cast<std::streamsize>(all.size()));
    all.resize(static_cast<std::size_t>(in.gcount()));
    if (all.size() > max_file_bytes) return configuration_fault{file.string() + ": larger than 64 KiB"};
    return parse_configuration(all, file.string());
}

} // namespace layerline::workshop
