// The speed that a host set its end of the pty to, and what becomes of bytes between two different speeds.
// Apart, since the kernel's termios2 and the C library's termios.h cannot be included together.
#pragma once

#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

// In baud, of the slave, by the master's descriptor; 0 where it cannot be read.
unsigned port_speed(int master);
// As many bytes, with line ends where they were, and no letters.
std::string at_wrong_speed(std::string_view bytes);

} // namespace layerline::printer::virtual_printer
