// The narrow way to a printer, whatever drives it: a print host on a serial port, Moonraker, a fake.
#pragma once

#include "printer/printer_action.hpp"
#include "printer/printer_error.hpp"
#include "printer/printer_extras.hpp"
#include "printer/printer_state.hpp"
#include "transport/net.hpp"

#include <cstdint>

namespace layerline::printer {

// Used from one io_context. Seven verbs.
class printer_link {
public:
    virtual ~printer_link() = default;
    // Follows the printer until stop(); reconnects by itself; never moves or heats anything.
    virtual transport::task<void> run() = 0;
    virtual void stop() = 0;
    // The newest state, age filled in. Cheap.
    virtual printer_state state() const = 0;
    // Waits until the state's sequence differs from `since`. errc::shutting_down after stop().
    virtual transport::task<transport::result<void>> changed(std::uint64_t since) = 0;
    // Asks for one action. Returns when the printer's keeper accepted or refused it: an accepted pause shows
    // as phase::pausing and is never sent again by us.
    virtual transport::task<printer_result<performed>> perform(action what, terms how) = 0;
    virtual link_capabilities capabilities() const = 0;
    // What it tells beside its state; lives as long as the link. A printer that tells nothing answers so.
    virtual printer_extras& extras()
    {
        static printer_extras nothing;
        return nothing;
    }
};

} // namespace layerline::printer
