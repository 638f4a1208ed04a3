// What a Klipper behind Moonraker tells beside its state: out of what the desk keeps, and by asking
// Moonraker.
#pragma once

#include "printer/moonraker/moonraker_desk.hpp"
#include "printer/printer_extras.hpp"

#include <functional>
#include <string>

namespace layerline::printer::moonraker {

class moonraker_extras final : public printer_extras {
public:
    // Asks one method and waits for its answer.
    using asking = std::function<transport::task<printer_result<nlohmann::json>>(std::string method,
                                                                                 nlohmann::json params)>;
    // The desk outlives this.
    moonraker_extras(const moonraker_desk& desk, asking ask);

    printer_result<std::vector<webcam>> webcams() const override;
    printer_result<std::vector<power_device>> power_devices() const override;
    printer_result<std::vector<macro_info>> macros() const override;
    printer_result<console_page> console(std::uint64_t after, std::size_t most) const override;
    transport::task<printer_result<job_page>> history(std::uint64_t first, std::size_t count) override;
    transport::task<printer_result<past_job>> job(std::string id) override;
    transport::task<printer_result<bed_mesh>> mesh() override;

private:
    // Away, not told yet, or not there at all.
    printer_failure untold(const char* what) const;

    const moonraker_desk& desk_;
    asking ask_;
};

} // namespace layerline::printer::moonraker
