// Lines, numbers, checksums.
#include "printer/virtual/line_intake.hpp"

#include <algorithm>
#include <cstdlib>

namespace layerline::printer::virtual_printer {

namespace {

constexpr std::string_view error_number = "Line Number is not Last Line Number+1, Last Line: ";
constexpr std::string_view error_no_checksum = "No Checksum with line number, Last Line: ";

// Numbers as C reads them: leading spaces and a sign taken, 0 when there is none, limited to what 32 bits
// hold.
std::int64_t number_at(const std::string& line, std::size_t at)
{
    constexpr long limit = 2147483647;
    return std::clamp(std::strtol(line.c_str() + at, nullptr, 10), -limit, limit);
}

} // namespace

std::uint8_t checksum(std::string_view bytes)
{
    std::uint8_t sum = 0;
    for (char c : bytes)
        sum ^= static_cast<std::uint8_t>(c);
    return sum;
}

std::optional<std::string> line_assembler::push(char c)
{
    if (c == '\n' || c == '\r') {
        skipping_ = false;
        if (line_.empty()) return std::nullopt;
        std::string line;
        line.swap(line_);
        // The firmware's line is a C string: it ends at the first NUL that came in.
        if (auto nul = line.find('\0'); nul != std::string::npos) line.resize(nul);
        return line;
    }
    if (skipping_) return std::nullopt;
    if (c == ';') {
        skipping_ = true;
        return std::nullopt;
    }
    line_ += c;
    if (line_.size() >= limit_) skipping_ = true;
    return std::nullopt;
}

void line_assembler::clear()
{
    line_.clear();
    skipping_ = false;
}

line_verdict line_check::judge(const std::string& line)
{
    using kind = line_verdict::kind;
    if (line.empty() || line[0] != 'N') return {kind::accepted, std::nullopt, {}};
    std::size_t number_after = 1;
    const bool sets_number = line.find("M110") != std::string::npos;
    if (sets_number) {
        if (auto second = line.find('N', std::min<std::size_t>(4, line.size())); second != std::string::npos)
            number_after = second + 1;
    }
    const auto number = number_at(line, number_after);
    if (number != last_ + 1 && !sets_number) {
        if (number == last_ || number == last_ - 1) return {kind::repeated, number, {}};
        return {kind::damaged, number, error_number};
    }
    const auto star = line.rfind('*');
    if (star == std::string::npos) return {kind::damaged, number, error_no_checksum};
    if (number_at(line, star + 1) != checksum(std::string_view(line).substr(0, star)))
        return {kind::damaged, number, error_checksum};
    last_ = number;
    return {kind::accepted, number, {}};
}

} // namespace layerline::printer::virtual_printer
