#include "printer/serial/wire_port.hpp"

#include "printer/serial/serial_port.hpp"
#include "printer/serial/usb_identity.hpp"

#include <filesystem>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>

namespace layerline::printer::serial {
namespace {

class real_port final : public wire_port {
public:
    real_port(serial_port port, std::string usb, bool kept)
        : port_(std::move(port)), usb_(std::move(usb)), kept_(kept)
    {
    }
    int fd() const override { return port_.descriptor(); }
    bool was_kept() const override { return kept_; }
    std::string device() const override { return port_.device(); }
    std::string usb() const override { return usb_; }
    printer_result<void> set_baud(unsigned baud) override { return port_.set_baud(baud); }
    printer_result<std::size_t> read(char* into, std::size_t most) override { return port_.read(into, most); }
    printer_result<std::size_t> write(std::string_view bytes) override { return port_.write(bytes); }

    // The capacitor between DTR and the reset pin makes a pulse of a line that goes low.
    printer_result<void> set_reset(bool held) override { return port_.set_dtr(!held); }

private:
    serial_port port_;
    std::string usb_;
    bool kept_;
};

// The device behind a name, links followed; empty: there is none.
std::string behind(const std::string& path)
{
    std::error_code none;
    const auto real = std::filesystem::canonical(path, none);
    return none ? std::string() : real.string();
}

// What to open, by the name and by what is known of the device.
printer_result<std::string> place_of(const wire_port_settings& settings, const port_memory& known)
{
    port_question about;
    about.named = settings.path;
    about.known_usb = settings.any_device ? std::string() : known.usb;
    const auto device = behind(settings.path);
    about.named_is_there = !device.empty();
    if (!device.empty()) about.named_usb = usb_identity(device, settings.sys);
    about.alike = devices_like(about.known_usb, settings.sys);
    return choose_port(about);
}

} // namespace

printer_result<std::unique_ptr<wire_port>> open_wire_port(const wire_port_settings& settings,
                                                          const port_memory& known)
{
    const auto place = place_of(settings, known);
    if (!place) return place.error();
    auto opened = serial_port::open({*place, settings.baud});
    if (!opened) return opened.error();
    auto usb = usb_identity(opened->device(), settings.sys);
    return std::unique_ptr<wire_port>(std::make_unique<real_port>(std::move(*opened), std::move(usb), false));
}

printer_result<std::unique_ptr<wire_port>> adopt_wire_port(owned_fd left, const wire_port_settings& settings,
                                                           const port_memory& known)
{
    const auto place = place_of(settings, known);
    struct stat held {
    }, named{};
    // Another port in the configuration, or the same name for a device that was plugged in since.
    const bool same = place && ::fstat(left.get(), &held) == 0 && ::stat(place->c_str(), &named) == 0 &&
                      S_ISCHR(held.st_mode) && held.st_rdev == named.st_rdev && held.st_ino == named.st_ino;
    pollfd look{left.get(), 0, 0};
    const bool hung_up = ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
    if (!same || hung_up)
        return printer_failure{printer_errc::port_gone, "the port that was kept open is not there any more"};
    auto adopted = serial_port::adopt(left.release(), {*place, settings.baud});
    if (!adopted) return adopted.error();
    auto usb = usb_identity(adopted->device(), settings.sys);
    return std::unique_ptr<wire_port>(std::make_unique<real_port>(std::move(*adopted), std::move(usb), true));
}

} // namespace layerline::printer::serial
