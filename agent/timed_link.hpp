// A printer link that knows better how long a print takes: it reads the file once, beside the print, and
// times its moves. For printers whose host tells only how far it has read.
#pragma once

#include "commands/file_store.hpp"
#include "gcode/time_profile.hpp"
#include "printer/printer_link.hpp"
#include "printer/time_left.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace layerline::agent {

class timed_link final : public printer::printer_link {
public:
    // Reads files from `files`, which must outlive it: a part at a time, for at most half of the time that
    // passes.
    timed_link(transport::net::io_context& context, std::unique_ptr<printer::printer_link> inner,
               commands::file_store& files);

    transport::task<void> run() override;
    void stop() override;
    // The inner link's, with job->left_s from the file's moves as soon as they are known.
    printer::printer_state state() const override;
    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        return inner_->changed(since);
    }
    transport::task<printer::printer_result<printer::performed>> perform(printer::action what,
                                                                         printer::terms how) override
    {
        return inner_->perform(std::move(what), std::move(how));
    }
    printer::link_capabilities capabilities() const override { return inner_->capabilities(); }
    printer::printer_extras& extras() override { return inner_->extras(); }

private:
    // The print that is being timed. What is known of it follows the states, in whatever order they are asked
    // for.
    struct timed_print {
        std::string path;
        std::uint64_t number = 0; // 1 is the first print seen
        std::uint64_t sequence = 0;
        double elapsed_s = 0;
        std::optional<gcode::time_profile> profile;
        printer::time_left left;
    };

    void follow(const printer::printer_state& state) const;
    transport::task<void> read_files();
    transport::task<std::optional<gcode::time_profile>> read(std::string path);

    std::unique_ptr<printer::printer_link> inner_;
    commands::file_store& files_;
    transport::net::steady_timer pause_;
    mutable timed_print print_;
    bool stopped_ = false;
};

} // namespace layerline::agent
