// A pty that behaves like a serial port: raw from the start, opens and closes of the host are seen, the
// host's exclusive lock ends with its descriptor, and no process shows up as holding the port.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace layerline::printer::virtual_printer {

class pty_port {
public:
    // Makes the pty; its slave gets `mode`. Throws std::system_error.
    explicit pty_port(mode_t mode);
    // The port vanishes: a host that has it open sees a hang-up.
    ~pty_port();
    pty_port(const pty_port&) = delete;
    pty_port& operator=(const pty_port&) = delete;

    const std::string& path() const { return path_; } // of the slave
    // To poll for reading: bytes of the host, and its opens and closes.
    int bytes_descriptor() const { return master_; }
    int presence_descriptor() const { return watch_; }

    struct presence {
        unsigned sessions =
            0; // begun since the last call: the first of possibly several descriptors was opened
        unsigned closes = 0; // descriptors closed
    };
    // What the host did to the port since the last call. Call before read(), so that an open comes first.
    presence look();
    // How many descriptors of others are open on the port.
    unsigned holders() const { return holders_; }

    // Up to `most` bytes of the host; empty when there are none now.
    std::string read(std::size_t most);
    // Bytes for the host. What it does not fetch in time is lost, as on a wire; so is all when nobody
    // listens.
    void write(std::string_view bytes);

private:
    void settle(); // after the last close: no lock, raw again, nothing left over

    int master_ = -1;
    int watch_ = -1;
    int watched_ = -1;       // the watch of the port itself
    int keep_[2] = {-1, -1}; // a socket pair in whose queue our own descriptor of the slave lies
    unsigned holders_ = 0;
    std::string path_;
};

} // namespace layerline::printer::virtual_printer
