#include "printer/serial/wire_port.hpp"

#include "printer/serial/serial_port.hpp"

namespace layerline::printer::serial {
namespace {

class real_port final : public wire_port {
public:
    explicit real_port(serial_port port) : port_(std::move(port)) {}
    int fd() const override { return port_.descriptor(); }
    printer_result<std::size_t> read(char* into, std::size_t most) override { return port_.read(into, most); }
    printer_result<std::size_t> write(std::string_view bytes) override { return port_.write(bytes); }

    // The capacitor between DTR and the reset pin makes a pulse of a line that goes low.
    printer_result<void> set_reset(bool held) override { return port_.set_dtr(!held); }

private:
    serial_port port_;
};

} // namespace

printer_result<std::unique_ptr<wire_port>> open_wire_port(const std::string& path, unsigned baud)
{
    auto opened = serial_port::open({path, baud});
    if (!opened) return opened.error();
    return std::unique_ptr<wire_port>(std::make_unique<real_port>(std::move(*opened)));
}

} // namespace layerline::printer::serial
