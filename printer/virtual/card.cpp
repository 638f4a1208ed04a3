// The card.
#include "printer/virtual/card.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

namespace {

std::string upper(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

// "Long name.gcode" -> "LONGNA~1.GCO".
std::string dos_name(std::string_view name, std::size_t number)
{
    std::string base;
    for (const char c : upper(name.substr(0, name.rfind('.'))))
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_') base += c;
    if (base.size() <= 8 && base.size() == name.rfind('.')) return base + ".GCO";
    return base.substr(0, 6) + "~" + std::to_string(number % 9 + 1) + ".GCO";
}

} // namespace

card::card(std::vector<card_file> files) : files_(std::move(files))
{
    for (std::size_t i = 0; i < files_.size(); ++i)
        short_names_.push_back(dos_name(files_[i].name, i));
}

std::vector<std::string> card::entries(bool long_names) const
{
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        auto line = short_names_[i] + " " + std::to_string(files_[i].text.size());
        if (long_names) line += " " + files_[i].name;
        lines.push_back(std::move(line));
    }
    return lines;
}

bool card::choose(std::string_view name)
{
    if (name.starts_with('/')) name.remove_prefix(1);
    const auto found = std::find(short_names_.begin(), short_names_.end(), upper(name));
    if (found == short_names_.end()) return false;
    chosen_ = static_cast<std::size_t>(found - short_names_.begin());
    position_ = 0;
    return true;
}

void card::choose_first()
{
    if (files_.empty()) return;
    chosen_ = 0;
    position_ = 0;
}

std::optional<std::string> card::next()
{
    if (!chosen_) return std::nullopt;
    const auto& text = files_[*chosen_].text;
    while (position_ < text.size()) {
        const auto end = std::min(text.find('\n', position_), text.size());
        auto line = text.substr(position_, end - position_);
        position_ = std::min(end + 1, text.size());
        line = line.substr(0, line.find(';'));
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r'))
            line.pop_back();
        if (!line.empty()) return line;
    }
    return std::nullopt;
}

} // namespace layerline::printer::virtual_printer
