// Who a USB serial device is.
#include "printer/serial/usb_identity.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace layerline::printer::serial {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_text = 256, most_ttys = 1024;

// The first line of one of sysfs' small files; what is not printable ends it.
std::string line_of(const fs::path& file)
{
    std::array<char, most_text> text{};
    std::ifstream in(file);
    in.read(text.data(), text.size());
    const auto end =
        std::find_if(text.begin(), text.begin() + in.gcount(), [](char c) { return c < 0x20 || c > 0x7e; });
    return {text.begin(), end};
}

// The device's node, "/dev/ttyUSB0", as its uevent tells it.
std::string node_of(const fs::path& tty)
{
    std::ifstream in(tty / "uevent");
    std::string line;
    for (int lines = 0; lines < 32 && std::getline(in, line); ++lines)
        if (line.starts_with("DEVNAME=") && line.size() < most_text) return "/dev/" + line.substr(8);
    return {};
}

// The interface and, above it, the device with vendor, product and serial number.
std::string identity_of(const fs::path& tty)
{
    std::error_code failed;
    auto at = fs::canonical(tty / "device", failed);
    if (failed) return {};
    std::string interface;
    for (int up = 0; up < 5 && at.has_relative_path(); ++up, at = at.parent_path()) {
        if (interface.empty()) interface = line_of(at / "bInterfaceNumber");
        auto identity = line_of(at / "idVendor");
        if (identity.empty()) continue;
        const auto serial = line_of(at / "serial");
        if (serial.empty()) return {};
        for (const auto& part : {line_of(at / "idProduct"), serial, interface})
            identity.append(":").append(part);
        return identity;
    }
    return {};
}

template <class Each>
void each_tty(const std::string& sys, Each each)
{
    std::error_code failed;
    std::size_t seen = 0;
    for (fs::directory_iterator tty(sys + "/class/tty", failed), end;
         !failed && tty != end && seen < most_ttys; tty.increment(failed), ++seen) {
        std::error_code none;
        if (fs::exists(tty->path() / "device", none)) each(tty->path());
    }
}

} // namespace

std::string usb_identity(const std::string& device, const std::string& sys)
{
    std::string found;
    each_tty(sys, [&](const fs::path& tty) {
        if (found.empty() && node_of(tty) == device) found = identity_of(tty);
    });
    return found;
}

std::vector<std::string> devices_like(const std::string& identity, const std::string& sys)
{
    std::vector<std::string> all;
    if (identity.empty()) return all;
    each_tty(sys, [&](const fs::path& tty) {
        auto node = node_of(tty);
        if (!node.empty() && identity_of(tty) == identity) all.push_back(std::move(node));
    });
    std::sort(all.begin(), all.end());
    return all;
}

printer_result<std::string> choose_port(const port_question& about)
{
    const bool other = about.named_is_there && !about.named_usb.empty() && !about.known_usb.empty() &&
                       about.named_usb != about.known_usb;
    if (about.known_usb.empty() || (about.named_is_there && !other)) return about.named;
    if (about.alike.size() == 1) return about.alike.front();
    if (about.alike.size() > 1)
        return printer_failure{
            printer_errc::port_gone,
            "The printer's USB device (" + about.known_usb +
                ") is there more than once: name one by its place in /dev/serial/by-path."};
    if (other)
        return printer_failure{printer_errc::port_gone,
                               "Another USB device (" + about.named_usb + ") has the name " + about.named +
                                   " now, and this printer's (" + about.known_usb +
                                   ") is not plugged in. If that is meant, start the print host once with "
                                   "--accept-fingerprint."};
    return about.named; // which says that it is not there
}

} // namespace layerline::printer::serial
