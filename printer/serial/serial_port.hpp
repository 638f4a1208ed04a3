// A printer's port: a descriptor that we open and set up ourselves, alike for real ports and ptys. Never
// waits.
#pragma once

#include "printer/printer_error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace layerline::printer::serial {

struct port_settings {
    std::string path; // a link of /dev/serial/by-id or by-path, or the device itself
    unsigned baud = 115200;
};

class serial_port {
public:
    // Opens for us alone (flock, TIOCEXCL), raw, 8N1, without flow control, any baud rate, and so that
    // closing it does not reset the board (HUPCL off). Refuses a port that any process holds, as far as /proc
    // shows. Failures: port_gone, port_held, port_forbidden; unsupported where the device is no serial port
    // or cannot do the baud rate.
    static printer_result<serial_port> open(const port_settings& settings);
    // Takes over a descriptor that a predecessor left open, with its lock; sets nothing but what open()
    // would.
    static printer_result<serial_port> adopt(int descriptor, const port_settings& settings);

    serial_port(serial_port&& other) noexcept;
    serial_port& operator=(serial_port&& other) noexcept;
    serial_port(const serial_port&) = delete;
    serial_port& operator=(const serial_port&) = delete;
    ~serial_port();

    // For poll(); -1 after close().
    int descriptor() const { return descriptor_; }
    // The device behind the links.
    const std::string& device() const { return device_; }

    // How many bytes were read or written; 0: not now. port_gone on a hang-up.
    printer_result<std::size_t> read(char* into, std::size_t size);
    printer_result<std::size_t> write(std::string_view bytes);
    // On the open port; nothing else about it changes. unsupported where the device cannot do it.
    printer_result<void> set_baud(unsigned baud);
    // Drops what the kernel has not sent yet: before an emergency stop.
    void discard_output();
    // Many boards reset when DTR goes low and high again.
    printer_result<void> set_dtr(bool high);
    void close();

private:
    serial_port(int descriptor, std::string device) : descriptor_(descriptor), device_(std::move(device)) {}

    int descriptor_ = -1;
    std::string device_;
};

} // namespace layerline::printer::serial
