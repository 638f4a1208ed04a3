// Reads a TOML document against a list of known keys: every fault with its line, every unknown key a fault.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layerline::settings {

struct settings_fault {
    std::uint32_t line = 0; // 0: no line of its own
    std::string text;
};

// "agent.toml:12: lan.listen must be …", one line a fault.
std::string describe(const std::vector<settings_fault>& faults, std::string_view file);

// Known keys with where their values go. A taker says what is wrong with a value ("must be …"), or nothing.
class settings_reader {
public:
    using text_taker = std::function<std::string(const std::string&)>;
    using list_taker = std::function<std::string(const std::vector<std::string>&)>;

    // Keys are "section.name", or "name" at the top. What they refer to must outlive read().
    void text(std::string key, text_taker take);
    void path(std::string key, std::filesystem::path& into); // absolute, no NUL
    void list(std::string key, list_taker take);             // at most 64 texts
    void flag(std::string key, bool& into);
    // From `low` to `high`, which `into` must be able to hold.
    template <class Number>
    void whole(std::string key, Number& into, std::uint64_t low, std::uint64_t high)
    {
        take_whole(
            std::move(key), [&into](std::uint64_t value) { into = static_cast<Number>(value); }, low, high);
    }
    void number(std::string key, std::optional<double>& into, double low, double high);
    // A section whose keys the owner chooses, texts their values.
    using named_taker = std::function<std::string(const std::string& name, const std::string& value)>;
    void named_texts(std::string section, named_taker take);
    // Sections of one name, [[section.name]]. For each, `begin` gets a reader for the keys in it; what it
    // gives back is called once they are read, and says what is wrong with the whole, or nothing.
    using row_end = std::function<std::string()>;
    void rows(std::string key, std::size_t at_most, std::function<row_end(settings_reader&)> begin);

    // Reads the document; at most 20 faults, in the order of their lines. Values before a fault are taken.
    std::vector<settings_fault> read(std::string_view toml) const;

private:
    void take_whole(std::string key, std::function<void(std::uint64_t)> take, std::uint64_t low,
                    std::uint64_t high);

    struct node_view; // hides toml++ from includers
    using reader = std::function<std::string(const node_view&)>;
    std::map<std::string, reader, std::less<>> known_;
    std::map<std::string, named_taker, std::less<>> named_; // by section
};

// The file's bytes: at most 256 KiB. Nothing and a fault when it cannot be read; nothing and no fault when
// `may_be_missing` and there is no such file.
std::optional<std::string> read_settings_file(const std::filesystem::path& file, bool may_be_missing,
                                              std::string& fault);

} // namespace layerline::settings
