// What Klipper says on its console: the newest lines, and the prompt that macros put together out of them.
// Pure; every byte is a stranger's, since a file being printed can make Klipper say anything.
#pragma once

#include "printer/printer_facts.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::printer::moonraker {

// "// action:prompt_begin Title", prompt_text, prompt_button LABEL|GCODE|COLOUR, prompt_footer_button,
// prompt_button_group_start and _end, prompt_show, prompt_end.
struct klipper_prompt {
    struct button {
        std::string label, gcode; // of one line; the label itself where no G-code was named
    };
    std::string text;            // title and texts, a line each
    std::vector<button> buttons; // footer's last; at most 10
    bool shown = false;
};

class klipper_console {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::size_t most_lines = 500, longest_line = 400;

    // One notify_gcode_response; it may be of several lines. Whether the prompt changed.
    bool heard(std::string_view text, time_point now);
    // The prompt that a person should see; none between prompts.
    const klipper_prompt* prompt() const { return prompt_ && prompt_->shown ? &*prompt_ : nullptr; }
    // Klipper is gone, and what it asked with it. The lines stay.
    void forget_prompt() { prompt_.reset(); }
    console_page page(std::uint64_t after, std::size_t most) const;
    std::uint64_t newest() const { return newest_; }

private:
    bool prompt_said(std::string_view what);

    std::deque<console_line> lines_;
    std::uint64_t newest_ = 0;
    std::optional<klipper_prompt> prompt_;
};

} // namespace layerline::printer::moonraker
