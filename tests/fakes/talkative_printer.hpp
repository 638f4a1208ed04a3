// A printer that tells all there is beside its state.
#pragma once

#include "printer/printer_extras.hpp"

namespace layerline::fakes {

class talkative_printer final : public printer::printer_extras {
public:
    std::uint64_t asked_after = 0, asked_first = 0;
    std::size_t asked_most = 0;

    printer::printer_result<std::vector<printer::power_device>> power_devices() const override
    {
        return std::vector<printer::power_device>{{"psu", "gpio", std::nullopt, "init", true}};
    }
    printer::printer_result<std::vector<printer::macro_info>> macros() const override
    {
        return std::vector<printer::macro_info>{{"PARK", "to the back", {{"Z", "10"}}}};
    }
    printer::printer_result<printer::console_page> console(std::uint64_t after, std::size_t) const override
    {
        printer::console_page page;
        page.newest = 7;
        page.missed = after == 0;
        page.lines.push_back({7, std::chrono::steady_clock::now(), "// ok <b>"});
        return page;
    }
    transport::task<printer::printer_result<printer::job_page>> history(std::uint64_t first,
                                                                        std::size_t count) override
    {
        asked_first = first;
        asked_most = count;
        printer::job_page page;
        page.total = 9;
        printer::past_job job;
        job.id = "00000C";
        job.path = "gcode/a.gcode";
        job.status = "completed";
        job.print_s = 61.237;
        page.jobs.push_back(job);
        co_return page;
    }
    transport::task<printer::printer_result<printer::bed_mesh>> mesh() override
    {
        printer::bed_mesh mesh;
        mesh.profile = "default";
        mesh.max_x_mm = 200;
        mesh.heights_mm = {{0.1, 0.2}, {-0.1, 0}};
        co_return mesh;
    }
};

} // namespace layerline::fakes
