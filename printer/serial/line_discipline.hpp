// The terminal settings of a printer's port. Apart from the port, since the kernel's termios2 and the C
// library's termios.h cannot be included together.
#pragma once

namespace layerline::printer::serial {

enum class discipline : unsigned char {
    done,
    not_a_terminal,
    baud_refused, // the device cannot do that speed
    failed,       // errno says why
};

// Raw, 8N1, no flow control, no hang-up on close, `baud` within 3 percent.
discipline set_raw(int descriptor, unsigned baud);

} // namespace layerline::printer::serial
