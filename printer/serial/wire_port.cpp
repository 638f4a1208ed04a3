#include "printer/serial/wire_port.hpp"

#include "printer/serial/serial_port.hpp"

#include <poll.h>
#include <sys/stat.h>

namespace layerline::printer::serial {
namespace {

class real_port final : public wire_port {
public:
    explicit real_port(serial_port port, bool kept = false) : port_(std::move(port)), kept_(kept) {}
    int fd() const override { return port_.descriptor(); }
    bool was_kept() const override { return kept_; }
    printer_result<std::size_t> read(char* into, std::size_t most) override { return port_.read(into, most); }
    printer_result<std::size_t> write(std::string_view bytes) override { return port_.write(bytes); }

    // The capacitor between DTR and the reset pin makes a pulse of a line that goes low.
    printer_result<void> set_reset(bool held) override { return port_.set_dtr(!held); }

private:
    serial_port port_;
    bool kept_;
};

} // namespace

printer_result<std::unique_ptr<wire_port>> open_wire_port(const std::string& path, unsigned baud)
{
    auto opened = serial_port::open({path, baud});
    if (!opened) return opened.error();
    return std::unique_ptr<wire_port>(std::make_unique<real_port>(std::move(*opened)));
}

printer_result<std::unique_ptr<wire_port>> adopt_wire_port(owned_fd left, const std::string& path,
                                                           unsigned baud)
{
    struct stat held {
    }, named{};
    // Another port in the configuration, or the same name for a device that was plugged in since.
    const bool same = ::fstat(left.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
                      S_ISCHR(held.st_mode) && held.st_rdev == named.st_rdev && held.st_ino == named.st_ino;
    pollfd look{left.get(), 0, 0};
    const bool hung_up = ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
    if (!same || hung_up)
        return printer_failure{printer_errc::port_gone, "the port that was kept open is not there any more"};
    auto adopted = serial_port::adopt(left.release(), {path, baud});
    if (!adopted) return adopted.error();
    return std::unique_ptr<wire_port>(std::make_unique<real_port>(std::move(*adopted), true));
}

} // namespace layerline::printer::serial
