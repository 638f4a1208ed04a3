// The terminal settings of a printer's port.
#include "printer/serial/line_discipline.hpp"

#include <asm/termbits.h>
#include <cerrno>
#include <sys/ioctl.h>

namespace layerline::printer::serial {

discipline set_raw(int descriptor, unsigned baud)
{
    termios2 line{};
    if (::ioctl(descriptor, TCGETS2, &line) != 0)
        return errno == ENOTTY || errno == EINVAL ? discipline::not_a_terminal : discipline::failed;
    line.c_iflag = IGNBRK | IGNPAR;
    line.c_oflag = 0;
    line.c_lflag = 0;
    line.c_cflag = CS8 | CREAD | CLOCAL | BOTHER; // HUPCL stays out: a close must not pull DTR
    line.c_ispeed = line.c_ospeed = baud;
    for (auto& key : line.c_cc)
        key = 0;
    line.c_cc[VMIN] = 1; // so that "nothing now" differs from a hang-up
    if (::ioctl(descriptor, TCSETS2, &line) != 0)
        return errno == EINVAL ? discipline::baud_refused : discipline::failed;
    termios2 set{};
    if (::ioctl(descriptor, TCGETS2, &set) != 0) return discipline::failed;
    const auto wanted = static_cast<long long>(baud), got = static_cast<long long>(set.c_ospeed);
    return (got - wanted) * 100 > wanted * 3 || (wanted - got) * 100 > wanted * 3 ? discipline::baud_refused
                                                                                  : discipline::done;
}

} // namespace layerline::printer::serial
