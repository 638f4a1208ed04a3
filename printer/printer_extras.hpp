// What a printer may tell beside its state. Each printer answers what it can; the rest is "unsupported".
#pragma once

#include "printer/printer_error.hpp"
#include "printer/printer_facts.hpp"
#include "transport/net.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace layerline::printer {

// Used from one io_context, that of the link it belongs to. By itself it answers everything with unsupported:
// a printer overrides what it has. What is kept here costs nothing to ask; what has to be asked of the
// printer is a task, with a bound on its wait. The state's sequence grows when something kept here changes.
class printer_extras {
public:
    virtual ~printer_extras() = default;

    // --- kept ---
    virtual printer_result<std::vector<webcam>> webcams() const { return no("list of cameras"); }
    virtual printer_result<std::vector<power_device>> power_devices() const
    {
        return no("power devices that it could switch");
    }
    virtual printer_result<std::vector<macro_info>> macros() const { return no("macros"); }
    // At most `most` of the newest lines with numbers above `after`.
    virtual printer_result<console_page> console(std::uint64_t /*after*/, std::size_t /*most*/) const
    {
        return no("console that is kept");
    }

    // --- asked ---
    // `count` past jobs (at most 100 come at once) from the `first`-newest on, 0 being the newest.
    virtual transport::task<printer_result<job_page>> history(std::uint64_t /*first*/, std::size_t /*count*/)
    {
        co_return no("history of jobs");
    }
    // One of them, by its id.
    virtual transport::task<printer_result<past_job>> job(std::string /*id*/)
    {
        co_return no("history of jobs");
    }
    // The mesh in force; no_such_file where none was measured or loaded.
    virtual transport::task<printer_result<bed_mesh>> mesh() { co_return no("mesh of its bed"); }

protected:
    static printer_failure no(const char* what)
    {
        return {printer_errc::unsupported, std::string("This printer has no ") + what + "."};
    }
};

} // namespace layerline::printer
