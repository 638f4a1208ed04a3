#include "transport/date_field.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace layerline::transport {

namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

} // namespace

// Not strftime: its names are the locale's.
std::string date_text(std::int64_t unix_time)
{
    std::tm parts{};
    const auto time = static_cast<std::time_t>(unix_time);
    if (::gmtime_r(&time, &parts) == nullptr) return {};
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

const std::string& date_now()
{
    thread_local std::time_t made = -1;
    thread_local std::string text;
    const auto now = std::time(nullptr);
    if (now != made) {
        text = date_text(now);
        made = now;
    }
    return text;
}

} // namespace layerline::transport
