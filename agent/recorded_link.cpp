#include "agent/recorded_link.hpp"

#include "access/private_file.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace layerline::agent {

using printer::printer_failure;
using printer::printer_result;
using transport::task;

namespace {

constexpr std::size_t longest_kept = std::size_t{2} << 20U;
constexpr std::size_t longest_page = 100;

double now_unix()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

recorded_link::recorded_link(std::unique_ptr<printer::printer_link> inner, commands::file_store& files,
                             std::filesystem::path file, std::shared_ptr<commands::disk_threads> disk)
    : inner_(std::move(inner)), files_(files), file_(std::move(file)), disk_(std::move(disk))
{
    const auto kept = access::read_private_file(file_, longest_kept);
    if (!kept && kept.error() == boost::system::errc::no_such_file_or_directory) return;
    auto read = kept ? job_history::parse(kept->content) : std::nullopt;
    if (read)
        jobs_ = std::move(*read);
    else
        spdlog::warn("the past jobs in {} cannot be read; the history begins anew", file_.string());
}

recorded_link::~recorded_link()
{
    disk_->join();
}

task<void> recorded_link::run()
{
    using namespace transport::net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
    auto linked = inner_->run();
    auto followed = follow();
    co_await (std::move(linked) && std::move(followed));
}

task<void> recorded_link::follow()
{
    for (;;) {
        const auto state = inner_->state();
        console_.follow(state, transport::clock::now());
        if (jobs_.follow(state, now_unix())) {
            auto write = [file = file_, text = jobs_.text()] {
                return access::write_private_file(file, text);
            };
            const auto failed = co_await disk_->run(std::move(write));
            if (failed)
                spdlog::warn("the past jobs cannot be written to {}: {}", file_.string(), failed.message());
        }
        const auto news = co_await inner_->changed(state.sequence);
        if (!news) co_return;
    }
}

task<printer_result<printer::performed>> recorded_link::perform(printer::action what, printer::terms how)
{
    const auto* line = std::get_if<printer::run_gcode>(&what);
    const bool by_console = line != nullptr;
    if (by_console) console_.sent(line->text, transport::clock::now());
    auto done = co_await inner_->perform(std::move(what), std::move(how));
    if (by_console && done) console_.heard(done->reply, transport::clock::now());
    if (by_console && !done) console_.heard("!! " + done.error().detail, transport::clock::now());
    co_return done;
}

printer_result<printer::console_page> recorded_link::console(std::uint64_t after, std::size_t most) const
{
    return console_.page(after, most);
}

task<bool> recorded_link::is_there(std::string id, std::string path)
{
    const auto node = co_await files_.stat(std::move(path));
    if (!node || node->folder) co_return false;
    const auto bytes = jobs_.file_bytes(id);
    co_return !bytes || *bytes == node->size_bytes;
}

task<printer_result<printer::job_page>> recorded_link::history(std::uint64_t first, std::size_t count)
{
    auto page = jobs_.page(first, std::min(count, longest_page));
    for (auto& one : page.jobs) {
        const bool there = co_await is_there(one.id, one.path);
        one.file_exists = there;
    }
    co_return page;
}

task<printer_result<printer::past_job>> recorded_link::job(std::string id)
{
    auto one = jobs_.job(id);
    if (!one)
        co_return printer_failure{printer::printer_errc::no_such_file,
                                  "There is no such job in the history."};
    const bool there = co_await is_there(std::move(id), one->path);
    one->file_exists = there;
    co_return std::move(*one);
}

} // namespace layerline::agent
