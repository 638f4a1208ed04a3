#include "cli/terminal.hpp"

#include <array>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace layerline::cli {

namespace {

std::size_t width_of_stderr()
{
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 100;
    return size.ws_col - 1U;
}

} // namespace

progress_line::progress_line() : terminal_(::isatty(STDERR_FILENO) == 1), columns_(width_of_stderr()) {}

progress_line::~progress_line()
{
    if (terminal_ && shown_) std::fputc('\n', stderr);
}

void progress_line::show(std::string_view line, std::string_view key)
{
    if (terminal_) {
        std::fprintf(stderr, "\r\033[K%.*s", static_cast<int>(line.size()), line.data());
        std::fflush(stderr);
        shown_ = true;
    } else if (key != last_key_) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        last_key_ = key;
    }
}

std::string size_text(std::uint64_t bytes)
{
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

} // namespace layerline::cli
