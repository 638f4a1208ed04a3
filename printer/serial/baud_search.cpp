// The order and the deadlines of trying baud rates.
#include "printer/serial/baud_search.hpp"

#include <algorithm>
#include <array>

namespace layerline::printer::serial {

namespace {

// What boards of printers are set to, the likeliest first.
constexpr std::array usual{115200U, 250000U, 230400U, 57600U, 38400U, 19200U, 9600U};

std::string all_of(const std::vector<unsigned>& rates)
{
    std::string words;
    for (const auto rate : rates)
        words += (words.empty() ? "" : ", ") + std::to_string(rate);
    return words;
}

} // namespace

baud_search::baud_search(unsigned known)
{
    if (known != 0) rates_.push_back(known);
    for (const auto rate : usual)
        if (rate != known) rates_.push_back(rate);
}

void baud_search::begin(time_point now)
{
    at_ = 0;
    over_ = noise_ = false;
    since_ = now;
    until_ = now + (first_ ? boot : no_answer);
}

std::optional<unsigned> baud_search::next(time_point now, bool heard_noise)
{
    if (over_) return std::nullopt;
    noise_ = noise_ || heard_noise;
    if (heard_noise) until_ = std::min(until_, since_ + only_noise);
    if (now < until_) return std::nullopt;
    first_ = false;
    if (at_ + 1 == rates_.size()) {
        over_ = true;
        return std::nullopt;
    }
    ++at_;
    since_ = now;
    until_ = now + no_answer;
    return rates_[at_];
}

void baud_search::found()
{
    std::rotate(rates_.begin(), rates_.begin() + static_cast<std::ptrdiff_t>(at_),
                rates_.begin() + static_cast<std::ptrdiff_t>(at_) + 1);
    at_ = 0;
    first_ = false;
}

std::string baud_search::trying() const
{
    return "looking for the baud rate: trying " + std::to_string(rate()) + " (" + std::to_string(at_ + 1) +
           " of " + std::to_string(rates_.size()) + ")";
}

std::string baud_search::in_vain() const
{
    const std::string tried = all_of(rates_) + " baud";
    return noise_ ? "bytes came, but no firmware's at any of " + tried +
                        "; if the printer has another rate, write it down as baud"
                  : "no firmware answers at " + tried;
}

} // namespace layerline::printer::serial
