// Prints from models under way: what commands/model_print.hpp decides, carried to the workshop's socket, into
// the printer's files and to the printer's link.
#pragma once

#include "access/audit.hpp"
#include "commands/file_store.hpp"
#include "commands/model_printer.hpp"
#include "printer/printer_link.hpp"
#include "transport/exchange.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace layerline::agent {

struct model_print_limits {
    std::size_t at_once = 4;
    std::size_t kept = 64;               // that are over; the oldest go first
    std::chrono::seconds keep{3600};     // after its end
    std::chrono::seconds patience{60};   // with a workshop that is away or busy
    std::chrono::seconds slicing{21600}; // in its queue and at work
    std::chrono::seconds sending{3600};
    std::chrono::seconds starting{60};
    std::chrono::milliseconds look{500}; // between two looks at a slice
};

// Used from one io_context. All must outlive it, and it every print: see stop().
class model_prints final : public commands::model_printer {
public:
    model_prints(transport::net::io_context& context, const std::filesystem::path& socket,
                 printer::printer_link& printer, commands::file_store& files, access::audit_log& audit,
                 model_print_limits limits = {});

    commands::outcome<nlohmann::json> begin(commands::model_wish wish, const commands::caller& who,
                                            printer::terms how) override;
    commands::outcome<nlohmann::json> look(const std::string& id, const commands::caller& who) override;
    commands::outcome<nlohmann::json> cancel(const std::string& id, const commands::caller& who) override;
    // Ends all that has not started; takes no more.
    void stop();

private:
    struct print;
    struct said {
        unsigned http = 0;
        std::string body;
    };

    transport::request_head head_for(const print& one, const char* method, std::string target) const;
    // One exchange, tried again while the workshop is away or busy; nothing: it stayed so.
    transport::task<std::optional<said>> ask(std::shared_ptr<print> one, const char* method,
                                             std::string target, std::string body);
    transport::task<void> carry(std::shared_ptr<print> one);
    transport::task<bool> slice(std::shared_ptr<print> one);
    transport::task<bool> send(std::shared_ptr<print> one);
    transport::task<void> start(std::shared_ptr<print> one);
    transport::task<void> drop_slice(std::shared_ptr<print> one);
    void over(const std::shared_ptr<print>& one, std::exception_ptr thrown);
    void forget_old();
    std::shared_ptr<print> find(const std::string& id, const commands::caller& who);

    transport::net::io_context& context_;
    std::shared_ptr<transport::requester> workshop_;
    printer::printer_link& printer_;
    commands::file_store& files_;
    access::audit_log& audit_;
    model_print_limits limits_;
    std::vector<std::shared_ptr<print>> all_; // in the order they began
    bool stopping_ = false;
};

} // namespace layerline::agent
