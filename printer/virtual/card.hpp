// The printer's own card: files in memory, one of them chosen, read and perhaps printed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::virtual_printer {

struct card_file {
    std::string name; // long
    std::string text;
};

class card {
public:
    explicit card(std::vector<card_file> files);

    bool present() const { return !files_.empty(); }
    // The names as the firmware lists them: "LONGNA~1.GCO", in the order of the files.
    std::vector<std::string> entries(bool long_names) const;
    // Chooses a file by its short name, any case; false: there is none.
    bool choose(std::string_view name);
    void choose_first();
    bool chosen() const { return chosen_.has_value(); }
    const std::string& short_name() const { return short_names_[*chosen_]; }
    const std::string& long_name() const { return files_[*chosen_].name; }
    std::uint64_t size() const { return chosen_ ? files_[*chosen_].text.size() : 0; }
    std::uint64_t position() const { return position_; }
    void rewind() { position_ = 0; }
    // The next line that is not empty, without comment; nothing at the file's end.
    std::optional<std::string> next();

    bool printing = false;

private:
    std::vector<card_file> files_;
    std::vector<std::string> short_names_;
    std::optional<std::size_t> chosen_;
    std::size_t position_ = 0;
};

} // namespace layerline::printer::virtual_printer
