// Carries one print from a model: what commands/model_print.hpp decides, done at the workshop's socket, in
// the printer's files and at the printer's link.
#pragma once

#include "commands/file_store.hpp"
#include "commands/model_print.hpp"
#include "commands/plugin_api.hpp"
#include "printer/printer_link.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace layerline::agent {

struct carrier_limits {
    std::chrono::milliseconds patience{60'000}; // with a workshop that is away or busy
    std::chrono::seconds slicing{21600};        // in its queue and at work
    std::chrono::seconds sending{3600};
    std::chrono::milliseconds starting{60'000};
    std::chrono::milliseconds look{500};           // between two looks at a slice
    std::chrono::milliseconds between_tries{1000}; // at a workshop that is away or busy
};

// A print under way. Whoever holds it says when it is over; `end` cancels it.
struct model_errand {
    model_errand(commands::model_print print, commands::caller asker, printer::terms terms)
        : now(std::move(print)), who(std::move(asker)), how(std::move(terms))
    {
    }
    commands::model_print now;
    commands::caller who;
    printer::terms how;
    transport::net::cancellation_signal end;
    bool resumed = false;      // by a new agent, whose link to the printer may be behind it
    bool asking_slice = false; // its answer has the id by which the slice can be deleted
};

// Used from one io_context; all that it is given must outlive every carry().
class model_print_carrier {
public:
    // `keep` puts how all stands on the disk before it returns; `tell` says that something changed.
    struct book {
        std::function<transport::task<void>()> keep;
        std::function<void()> tell;
    };
    model_print_carrier(transport::net::io_context& context, const std::filesystem::path& socket,
                        printer::printer_link& printer, commands::file_store& files, carrier_limits limits,
                        book into);

    // From the stage at which it stands to its end, which it says by itself.
    transport::task<void> carry(std::shared_ptr<model_errand> one);
    // What nobody will fetch is not sliced on.
    transport::task<void> drop_slice(std::shared_ptr<model_errand> one);

private:
    struct said {
        unsigned http = 0;
        std::string body;
    };

    transport::request_head head_for(const model_errand& one, const char* method, std::string target) const;
    // One exchange, tried again while the workshop is away or busy; nothing: it stayed so.
    transport::task<std::optional<said>> ask(std::shared_ptr<model_errand> one, const char* method,
                                             std::string target, std::string body);
    // Each gives true where the print goes on.
    transport::task<bool> begin_slice(std::shared_ptr<model_errand> one);
    transport::task<bool> wait_for_slice(std::shared_ptr<model_errand> one);
    transport::task<void> printer_seen(transport::clock::time_point until);
    transport::task<bool> send(std::shared_ptr<model_errand> one);
    transport::task<void> start(std::shared_ptr<model_errand> one);
    transport::task<void> find_out_start(std::shared_ptr<model_errand> one);

    transport::net::io_context& context_;
    std::shared_ptr<transport::requester> workshop_;
    printer::printer_link& printer_;
    commands::file_store& files_;
    carrier_limits limits_;
    book book_;
};

} // namespace layerline::agent
