// The serial ports of this host, for choosing one; nothing is opened.
#pragma once

#include <string>
#include <vector>

namespace layerline::printer::serial {

struct listed_port {
    std::string name;        // "/dev/ttyUSB0": changes with the order of plugging in
    std::string description; // of the USB device, may be empty
    std::string by_id;       // the stable link, empty where there is none; equal boards may share it
    std::string by_path;     // the link by USB socket
};

std::vector<listed_port> list_ports();

} // namespace layerline::printer::serial
