// Prints from models: those under way and those that ended lately, kept on the disk over the agent's own end.
#pragma once

#include "access/audit.hpp"
#include "agent/kept_model_prints.hpp"
#include "agent/model_print_carrier.hpp"
#include "commands/disk_threads.hpp"
#include "commands/model_printer.hpp"
#include "printer/link_waits.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace layerline::agent {

struct model_print_limits {
    std::size_t at_once = 4;
    std::size_t kept = 64;           // that are over; the oldest go first
    std::chrono::seconds keep{3600}; // after its end
    carrier_limits each = {};
};

// Used from one io_context. All must outlive it, and it every print: see stop().
class model_prints final : public commands::model_printer {
public:
    struct places {
        std::filesystem::path socket; // of the workshop
        std::filesystem::path file;   // keeps the prints
        std::shared_ptr<commands::disk_threads> disk = std::make_shared<commands::disk_threads>(1);
    };
    model_prints(transport::net::io_context& context, places at, printer::printer_link& printer,
                 commands::file_store& files, access::audit_log& audit, model_print_limits limits = {});
    ~model_prints() override;
    model_prints(const model_prints&) = delete;
    model_prints& operator=(const model_prints&) = delete;

    // Goes on with what an earlier agent had under way. None of it is started any more: see
    // model_print::carried_anew().
    void resume();

    commands::outcome<nlohmann::json> begin(commands::model_wish wish, const commands::caller& who,
                                            printer::terms how) override;
    commands::outcome<nlohmann::json> look(const std::string& id, const commands::caller& who) override;
    commands::outcome<nlohmann::json> cancel(const std::string& id, const commands::caller& who) override;
    nlohmann::json look_all(const commands::caller& who) override;
    std::uint64_t sequence() const override { return sequence_; }
    transport::task<transport::result<void>> changed(std::uint64_t known) override;
    // Ends all that has not started; takes no more. What is under way is on the disk, for resume().
    void stop();
    // How many of its coroutines have not ended: after stop() there are soon none.
    std::size_t at_work() const { return at_work_; }

private:
    struct print : model_errand {
        using model_errand::model_errand;
        bool carried = true;
        transport::clock::time_point ended; // the host's clock may be set meanwhile
        std::int64_t ended_unix = 0;
    };

    void read_kept();
    void set_out(const std::shared_ptr<print>& one);
    void beside(transport::task<void> what);
    transport::task<void> keep();
    void tell();
    void over(const std::shared_ptr<print>& one, std::exception_ptr thrown);
    void audit(const print& one);
    void forget_old();
    std::shared_ptr<print> find(const std::string& id, const commands::caller& who);

    transport::net::io_context& context_;
    places at_;
    printer::printer_link& printer_;
    access::audit_log& audit_;
    model_print_limits limits_;
    model_print_carrier carrier_;
    printer::change_bell bell_;
    std::uint64_t sequence_ = 1;
    std::vector<std::shared_ptr<print>> all_; // in the order they began
    std::size_t at_work_ = 0;
    bool stopping_ = false;
};

} // namespace layerline::agent
