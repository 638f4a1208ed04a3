// Seeded faults.
#include "printer/virtual/faults.hpp"

namespace layerline::printer::virtual_printer {

double chance::bell()
{
    double sum = -6;
    for (int i = 0; i < 12; ++i)
        sum += unit();
    return sum;
}

fault_source::fault_source(const fault_rates& rates, std::uint64_t seed)
    : rates_(rates), drop_ok_(seed * 16 + 1), corrupt_(seed * 16 + 2), resend_(seed * 16 + 3),
      unplug_(seed * 16 + 4), where_(seed * 16 + 5)
{
}

line_faults fault_source::next()
{
    line_faults drawn;
    drawn.drop_ok = drop_ok_.unit() < rates_.drop_ok;
    drawn.corrupt = corrupt_.unit() < rates_.corrupt;
    drawn.resend_without_ok = resend_.unit() < rates_.resend_without_ok;
    drawn.unplug = unplug_.unit() < rates_.unplug;
    return drawn;
}

void fault_source::damage(std::string& line)
{
    if (line.empty()) return;
    auto& byte = line[where_.below(line.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << where_.below(8)));
}

} // namespace layerline::printer::virtual_printer
