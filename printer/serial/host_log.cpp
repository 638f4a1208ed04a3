#include "printer/serial/host_log.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

void write_line(std::string_view level, std::string_view text)
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm local{};
    ::localtime_r(&now.tv_sec, &local);
    std::array<char, 40> day{}, moment{};
    std::strftime(day.data(), day.size(), "%Y-%m-%d %H:%M:%S", &local);
    std::snprintf(moment.data(), moment.size(), ".%03ld", now.tv_nsec / 1'000'000);

    std::string line;
    line.reserve(text.size() + 64);
    line.append("[").append(day.data()).append(moment.data()).append("] [printhost] [");
    line.append(level).append("] ");
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        line += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    line += '\n';
    // A log that nobody takes is nothing that a print could wait for or end by.
    [[maybe_unused]] const auto put = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

void log_info(std::string_view text)
{
    write_line("info", text);
}

void log_warning(std::string_view text)
{
    write_line("warning", text);
}

void log_error(std::string_view text)
{
    write_line("error", text);
}

} // namespace layerline::printer::serial
