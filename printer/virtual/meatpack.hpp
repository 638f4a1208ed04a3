// MeatPack as Marlin unpacks it, with its states.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

class meatpack_decoder {
public:
    struct unpacked {
        std::array<char, 2> bytes{};
        std::size_t count = 0;
        bool told = false; // a command came: report() is said
    };
    // One byte from the wire; up to two of text.
    unpacked push(char c);
    bool active() const { return active_; }
    // "[MP] PV01 ON ESP"
    std::string report() const;
    // As after power-on.
    void restart() { *this = {}; }

private:
    void take(unsigned char byte, unpacked& out);
    void obey(unsigned char command);
    char character(unsigned nibble) const;

    bool active_ = false, no_spaces_ = false, space_is_e_ = false, command_next_ = false;
    unsigned command_bytes_ = 0, literals_ = 0;
    char second_ = 0; // of a pair whose first is awaited
};

} // namespace layerline::printer::virtual_printer
