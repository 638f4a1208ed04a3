// Server-sent events out of a stream of bytes (WHATWG HTML, "Server-sent events"): pure and bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::cli {

struct sent_event {
    std::string kind; // "message" if the stream names none
    std::string id;
    std::string data;
};

class event_reader {
public:
    static constexpr std::size_t max_event =
        1024UL * 1024; // bytes of one event; a larger one is dropped whole

    // Takes bytes in any slicing; gives the events that they complete.
    std::vector<sent_event> feed(std::string_view bytes);

private:
    void take_line(std::string_view line, std::vector<sent_event>& into);

    std::string line_;
    sent_event current_;
    bool has_data_ = false, too_large_ = false, after_cr_ = false;
};

} // namespace layerline::cli
