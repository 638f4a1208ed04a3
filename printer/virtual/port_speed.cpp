// Speeds of a pty.
#include "printer/virtual/port_speed.hpp"

#include <asm/termbits.h>
#include <sys/ioctl.h>

namespace layerline::printer::virtual_printer {

unsigned port_speed(int master)
{
    termios2 line{};
    return ::ioctl(master, TCGETS2, &line) == 0 ? line.c_ospeed : 0;
}

std::string at_wrong_speed(std::string_view bytes)
{
    std::string noise;
    for (const char c : bytes)
        noise += c == '\n' ? c : static_cast<char>(0x80U | ((static_cast<unsigned char>(c) * 37U) & 0x7FU));
    return noise;
}

} // namespace layerline::printer::virtual_printer
