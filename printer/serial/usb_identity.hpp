// Finding a printer again that was plugged in elsewhere: who a USB serial device is, and where it is now.
#pragma once

#include "printer/printer_error.hpp"

#include <string>
#include <vector>

namespace layerline::printer::serial {

// "1a86:7523:SERIAL:00" (vendor, product, serial number, interface) of a device such as /dev/ttyUSB0, out of
// sysfs mounted at `sys`. Empty where it is no USB device, and where it tells no serial number: two boards of
// one kind could not be told apart then.
std::string usb_identity(const std::string& device, const std::string& sys);
// The devices (/dev/...) that have this identity now. None for an empty one.
std::vector<std::string> devices_like(const std::string& identity, const std::string& sys);

// What is known when a port is to be opened.
struct port_question {
    std::string named;              // as the owner wrote it
    bool named_is_there = false;    // something is behind that name
    std::string named_usb;          // who; empty: not known
    std::string known_usb;          // who answered as this printer last; empty: not known
    std::vector<std::string> alike; // devices that are known_usb now
};
// Which path to open: the named one, or the one place where the same device is now. port_gone where another
// device took the name, and where the known one is in more places than one.
printer_result<std::string> choose_port(const port_question& about);

} // namespace layerline::printer::serial
