// One byte of framing at a time; data is passed over in one piece.
#include "transport/chunk_decoder.hpp"

#include <algorithm>

namespace layerline::transport {

namespace {

constexpr unsigned max_digits = 15;              // 2^60 bytes: sums of lengths never overflow
constexpr std::size_t max_line = 256;            // a size line with its extensions
constexpr std::size_t max_trailers = 8UL * 1024; // all of them together

int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool printable(char c)
{
    const auto u = static_cast<unsigned char>(c);
    return u == '\t' || (u >= 0x20 && u != 0x7f);
}

} // namespace

void chunk_decoder::take(char c)
{
    switch (at_) {
    case place::size:
        if (const int digit = hex(c); digit >= 0 && digits_ < max_digits) {
            left_ = left_ * 16 + static_cast<unsigned>(digit);
            ++digits_;
        } else if (digits_ > 0 && c == '\r') {
            at_ = place::size_lf;
        } else if (digits_ > 0 && c == ';') {
            at_ = place::extension;
        } else {
            at_ = place::malformed;
        }
        return;
    case place::extension:
        if (c == '\r')
            at_ = place::size_lf;
        else if (!printable(c) || ++overhead_ > max_line)
            at_ = place::malformed;
        return;
    case place::size_lf:
        at_ = c != '\n' ? place::malformed : left_ == 0 ? place::trailer : place::data;
        overhead_ = 0;
        return;
    case place::data_cr:
        at_ = c == '\r' ? place::data_lf : place::malformed;
        return;
    case place::data_lf:
        at_ = c == '\n' ? place::size : place::malformed;
        digits_ = 0;
        return;
    case place::trailer:
        if (c == '\r') at_ = place::last_lf;
        // A trailer line begins with a name; a blank there is a folded line.
        else
            at_ = printable(c) && c != ' ' && c != '\t' && c != ':' ? place::trailer_in : place::malformed;
        if (++overhead_ > max_trailers) at_ = place::malformed;
        return;
    case place::trailer_in:
        if (c == '\r')
            at_ = place::trailer_lf;
        else if (!printable(c) || ++overhead_ > max_trailers)
            at_ = place::malformed;
        return;
    case place::trailer_lf:
        at_ = c == '\n' ? place::trailer : place::malformed;
        return;
    case place::last_lf:
        at_ = c == '\n' ? place::done : place::malformed;
        return;
    case place::data:
    case place::done:
    case place::malformed:
        return;
    }
}

chunk_decoder::step chunk_decoder::look(std::string_view bytes)
{
    step out;
    if (at_ == place::data && left_ == 0) at_ = place::data_cr;
    while (out.framing < bytes.size() && at_ != place::data && !done() && !malformed())
        take(bytes[out.framing++]);
    if (at_ == place::data)
        out.data = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - out.framing));
    return out;
}

} // namespace layerline::transport
