// The emergency parser.
#include "printer/virtual/emergency_parser.hpp"

#include "printer/virtual/command.hpp"

namespace layerline::printer::virtual_printer {

std::optional<emergency> emergency_parser::push(char c)
{
    constexpr std::size_t enough = 48; // N, ten digits, the longest emergency and its answer
    if (c != '\n' && c != '\r') {
        if (line_.size() < enough) line_ += c;
        return std::nullopt;
    }
    std::string line;
    line.swap(line_);
    if (line.empty()) return std::nullopt;
    const command read(line);
    using kind = emergency::kind;
    if (read.is('M', 108)) return emergency{kind::continue_on};
    if (read.is('M', 112)) return emergency{kind::halt};
    if (read.is('M', 410)) return emergency{kind::quick_stop};
    if (read.is('M', 876) && read.value('S'))
        return emergency{kind::answer, static_cast<int>(*read.value('S'))};
    return std::nullopt;
}

} // namespace layerline::printer::virtual_printer
