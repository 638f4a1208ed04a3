// The paced wire.
#include "printer/virtual/serial_wire.hpp"

#include <algorithm>

namespace layerline::printer::virtual_printer {

namespace {
constexpr std::size_t most_flying = 4096;
constexpr std::size_t most_ready = 1 << 20; // a caller that never takes loses the newest bytes
} // namespace

serial_wire::serial_wire(unsigned baud, std::size_t ring)
    : byte_time_(baud == 0 ? 0 : 10'000'000'000LL / baud), ring_size_(ring)
{
}

std::size_t serial_wire::room() const
{
    return most_flying - std::min(most_flying, flying_.size());
}

void serial_wire::from_host(std::string_view bytes, time_point now)
{
    const auto fits = bytes.substr(0, room());
    lost_ += bytes.size() - fits.size();
    for (char c : fits) {
        last_arrival_ = std::max(last_arrival_, now) + byte_time_;
        flying_.push_back({c, last_arrival_});
    }
}

std::optional<time_point> serial_wire::next_arrival() const
{
    if (flying_.empty()) return std::nullopt;
    return flying_.front().at;
}

std::optional<time_point> serial_wire::next_line_end() const
{
    const auto end = std::find_if(flying_.begin(), flying_.end(),
                                  [](const flying& each) { return each.byte == '\n' || each.byte == '\r'; });
    if (end == flying_.end()) return std::nullopt;
    return end->at;
}

char serial_wire::arrive()
{
    const char c = flying_.front().byte;
    flying_.pop_front();
    if (ring_.size() < ring_size_)
        ring_.push_back(c);
    else
        ++lost_;
    return c;
}

char serial_wire::read()
{
    const char c = ring_.front();
    ring_.pop_front();
    return c;
}

void serial_wire::flush(time_point now)
{
    ring_.clear();
    while (!flying_.empty() && flying_.front().at <= now)
        flying_.pop_front();
}

void serial_wire::cut()
{
    lost_ += flying_.size();
    flying_.clear();
    ring_.clear();
    pending_.clear();
}

void serial_wire::transmit(std::string_view bytes, time_point now)
{
    if (byte_time_.count() == 0) {
        ready_.append(bytes.substr(0, most_ready - std::min(most_ready, ready_.size())));
        return;
    }
    if (pending_.empty()) pending_since_ = now;
    pending_.append(bytes.substr(0, most_ready - std::min(most_ready, pending_.size())));
}

std::optional<time_point> serial_wire::drained_to(std::size_t bytes) const
{
    if (pending_.size() <= bytes) return std::nullopt;
    return pending_since_ + byte_time_ * static_cast<std::int64_t>(pending_.size() - bytes);
}

void serial_wire::advance(time_point now)
{
    if (pending_.empty() || now <= pending_since_) return;
    const auto left = static_cast<std::size_t>((now - pending_since_) / byte_time_);
    const auto count = std::min(left, pending_.size());
    ready_.append(pending_, 0, std::min(count, most_ready - std::min(most_ready, ready_.size())));
    pending_.erase(0, count);
    pending_since_ += byte_time_ * static_cast<std::int64_t>(count);
}

std::string serial_wire::take()
{
    std::string out;
    out.swap(ready_);
    return out;
}

} // namespace layerline::printer::virtual_printer
