#include "cli/event_reader.hpp"

namespace layerline::cli {

std::vector<sent_event> event_reader::feed(std::string_view bytes)
{
    std::vector<sent_event> complete;
    for (const char c : bytes) {
        if (c == '\n' && after_cr_) { // CR LF is one line's end
            after_cr_ = false;
            continue;
        }
        after_cr_ = c == '\r';
        if (c == '\n' || c == '\r') {
            take_line(line_, complete);
            line_.clear();
        } else if (line_.size() < max_event) {
            line_ += c;
        } else {
            too_large_ = true;
        }
    }
    return complete;
}

void event_reader::take_line(std::string_view line, std::vector<sent_event>& into)
{
    if (line.empty()) {
        if (has_data_ && !too_large_) {
            if (current_.kind.empty()) current_.kind = "message";
            into.push_back(std::move(current_));
        }
        current_ = {};
        has_data_ = too_large_ = false;
        return;
    }
    const auto colon = line.find(':');
    if (colon == 0) return; // a comment keeps the way open
    const auto name = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") current_.kind = value;
    if (name == "id") current_.id = value;
    if (name != "data") return;
    if (current_.data.size() + value.size() > max_event) {
        too_large_ = true;
        return;
    }
    if (has_data_) current_.data += '\n';
    current_.data += value;
    has_data_ = true;
}

} // namespace layerline::cli
