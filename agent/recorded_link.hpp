// A printer link with a memory: the jobs that came and went, and what was said on the console. For printers
// whose host keeps neither.
#pragma once

#include "agent/console_memory.hpp"
#include "agent/job_history.hpp"
#include "commands/disk_threads.hpp"
#include "commands/file_store.hpp"
#include "printer/printer_link.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace layerline::agent {

class recorded_link final : public printer::printer_link, private printer::printer_extras {
public:
    // `file` keeps the past jobs; the store, which must outlive it, tells whether their files are still
    // there.
    recorded_link(std::unique_ptr<printer::printer_link> inner, commands::file_store& files,
                  std::filesystem::path file,
                  std::shared_ptr<commands::disk_threads> disk = std::make_shared<commands::disk_threads>(1));
    ~recorded_link() override;

    // --- printer_link ---
    transport::task<void> run() override;
    void stop() override { inner_->stop(); }
    printer::printer_state state() const override { return inner_->state(); }
    transport::task<transport::result<void>> changed(std::uint64_t since) override
    {
        return inner_->changed(since);
    }
    transport::task<printer::printer_result<printer::performed>> perform(printer::action what,
                                                                         printer::terms how) override;
    printer::link_capabilities capabilities() const override { return inner_->capabilities(); }
    printer::printer_extras& extras() override { return *this; }

private:
    // --- printer_extras ---
    printer::printer_result<std::vector<printer::webcam>> webcams() const override
    {
        return inner_->extras().webcams();
    }
    printer::printer_result<std::vector<printer::power_device>> power_devices() const override
    {
        return inner_->extras().power_devices();
    }
    printer::printer_result<std::vector<printer::macro_info>> macros() const override
    {
        return inner_->extras().macros();
    }
    transport::task<printer::printer_result<printer::bed_mesh>> mesh() override
    {
        return inner_->extras().mesh();
    }
    printer::printer_result<printer::console_page> console(std::uint64_t after,
                                                           std::size_t most) const override;
    transport::task<printer::printer_result<printer::job_page>> history(std::uint64_t first,
                                                                        std::size_t count) override;
    transport::task<printer::printer_result<printer::past_job>> job(std::string id) override;

    transport::task<void> follow();
    transport::task<bool> is_there(std::string id, std::string path);

    std::unique_ptr<printer::printer_link> inner_;
    commands::file_store& files_;
    std::filesystem::path file_;
    job_history jobs_;
    console_memory console_;
    std::shared_ptr<commands::disk_threads> disk_;
};

} // namespace layerline::agent
