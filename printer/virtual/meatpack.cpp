#include "printer/virtual/meatpack.hpp"

namespace layerline::printer::virtual_printer {
namespace {

constexpr std::string_view alphabet = "0123456789. \nGX";
constexpr unsigned char mark = 0xff;
constexpr unsigned literal = 15, space = 11;

void put(meatpack_decoder::unpacked& out, char c)
{
    if (out.count < out.bytes.size()) out.bytes[out.count++] = c;
}

} // namespace

char meatpack_decoder::character(unsigned nibble) const
{
    return nibble == space && space_is_e_ ? 'E' : alphabet[nibble];
}

void meatpack_decoder::take(unsigned char byte, unpacked& out)
{
    if (!active_) return put(out, static_cast<char>(byte));
    if (literals_ > 0) {
        --literals_;
        put(out, static_cast<char>(byte));
        if (second_ != 0) put(out, second_);
        second_ = 0;
        return;
    }
    const unsigned first = byte & 0x0fU, second = byte >> 4U;
    if (first == literal) {
        literals_ = second == literal ? 2 : 1;
        if (second != literal) second_ = character(second);
        return;
    }
    put(out, character(first));
    if (out.bytes[out.count - 1] == '\n') return;
    if (second == literal)
        literals_ = 1;
    else
        put(out, character(second));
}

void meatpack_decoder::obey(unsigned char command)
{
    switch (command) {
    case 0xfb:
        active_ = true;
        break;
    case 0xfa:
        active_ = false;
        break;
    case 0xf9: { // the table stays as it was
        const bool table = space_is_e_;
        restart();
        space_is_e_ = table;
        break;
    }
    case 0xf7:
        no_spaces_ = space_is_e_ = true;
        break;
    case 0xf6:
        no_spaces_ = space_is_e_ = false;
        break;
    default:
        break;
    }
}

meatpack_decoder::unpacked meatpack_decoder::push(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    unpacked out;
    if (byte == mark) {
        if (command_bytes_ == 0)
            command_bytes_ = 1;
        else {
            command_bytes_ = 0;
            command_next_ = true;
        }
        return out;
    }
    if (command_next_) {
        command_next_ = false;
        obey(byte);
        out.told = true;
        return out;
    }
    if (command_bytes_ > 0) {
        command_bytes_ = 0;
        take(mark, out);
    }
    take(byte, out);
    return out;
}

std::string meatpack_decoder::report() const
{
    return std::string("[MP] PV01 ") + (active_ ? "ON" : "OFF") + (no_spaces_ ? " NSP" : " ESP");
}

} // namespace layerline::printer::virtual_printer
