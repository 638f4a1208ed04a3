// What the commands need of whoever carries a model through the workshop to the printer.
#pragma once

#include "commands/model_print.hpp"
#include "commands/plugin_api.hpp"
#include "commands/reply.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace layerline::commands {

// A print is its principal's alone: for all others it is not there (404).
class model_printer {
public:
    virtual ~model_printer() = default;
    // Takes it on and returns at once; `how` holds for the start. A known idempotency key gives the print
    // that it began, with "Repeated". 409: the file is in use; 503: as many as are carried at once are under
    // way.
    virtual outcome<nlohmann::json> begin(model_wish wish, const caller& who, printer::terms how) = 0;
    virtual outcome<nlohmann::json> look(const std::string& id, const caller& who) = 0;
    // 409 where it has started or ended otherwise.
    virtual outcome<nlohmann::json> cancel(const std::string& id, const caller& who) = 0;

    // All of that principal's, as look() tells each, in the order they began.
    virtual nlohmann::json look_all(const caller& who) = 0;
    // Grows with each change of any print, whoever's it is.
    virtual std::uint64_t sequence() const = 0;
    // Waits until it is another than `known`. errc::shutting_down when the program ends.
    virtual transport::task<transport::result<void>> changed(std::uint64_t known) = 0;
};

} // namespace layerline::commands
