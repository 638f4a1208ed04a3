// Where the command's words go: progress on a terminal's one line, plain lines into a file or pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::cli {

// Progress on stderr: on a terminal one line that is written over, elsewhere a line only when it differs
// much.
class progress_line {
public:
    progress_line();
    ~progress_line(); // leaves the last line standing
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    std::size_t columns() const { return columns_; }
    bool on_terminal() const { return terminal_; }
    // Shows the line; `key` says what makes a line worth a new one where there is no terminal ("printing
    // 40").
    void show(std::string_view line, std::string_view key);

private:
    bool terminal_, shown_ = false;
    std::size_t columns_;
    std::string last_key_;
};

// "412.3 KiB".
std::string size_text(std::uint64_t bytes);

} // namespace layerline::cli
