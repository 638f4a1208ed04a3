#include "commands/queue_desk.hpp"

#include "access/private_file.hpp"

#include <utility>

namespace layerline::commands {

using transport::task;

namespace {

constexpr std::size_t longest_kept = std::size_t{1} << 20U;

failure not_kept()
{
    return fail(750, "The queue could not be written to the agent's disk; nothing was changed.");
}

// Between begin() and the answer to the start: if the caller goes away there, the queue says that nobody
// knows.
class open_start {
public:
    explicit open_start(print_queue& queue) : queue_(&queue) {}
    ~open_start()
    {
        if (queue_ != nullptr) queue_->in_doubt();
    }
    open_start(const open_start&) = delete;
    open_start& operator=(const open_start&) = delete;
    void answered() { queue_ = nullptr; }

private:
    print_queue* queue_;
};

} // namespace

queue_desk::queue_desk(printer::printer_link& printer, file_store& files, std::filesystem::path file,
                       std::function<void(const std::string&)> tell, std::shared_ptr<disk_threads> disk)
    : printer_(printer), files_(files), file_(std::move(file)), tell_(std::move(tell)), disk_(std::move(disk))
{
    const auto kept = access::read_private_file(file_, longest_kept);
    if (!kept && kept.error() == boost::system::errc::no_such_file_or_directory) return;
    auto read = kept ? print_queue::parse(kept->content) : std::nullopt;
    if (read)
        queue_ = std::move(*read);
    else
        trouble_ = "the print queue in " + file_.string() + " cannot be read" +
                   (kept ? std::string() : ": " + kept.error().message()) + "; it is empty now";
}

queue_desk::~queue_desk()
{
    disk_->join();
}

task<bool> queue_desk::keep()
{
    auto write = [file = file_, text = queue_.text()] { return !access::write_private_file(file, text); };
    co_return co_await disk_->run(std::move(write));
}

task<outcome<queue_entry>> queue_desk::change(std::function<outcome<queue_entry>(print_queue&)> how)
{
    const auto before = queue_;
    auto changed = how(queue_);
    if (!changed) co_return changed;
    const auto mine = queue_.revision();
    const bool kept = co_await keep();
    if (kept) co_return changed;
    if (queue_.revision() == mine) queue_ = before;
    co_return not_kept();
}

task<queue_desk::start> queue_desk::start_next(bool bed_clear, printer::terms how)
{
    start out;
    // The same call again: it was carried out, whether or not its answer arrived.
    if (const auto& now = queue_.current(); now && how.idempotency_key && now->key == *how.idempotency_key) {
        out.what = now->what;
        out.done.repeated = true;
        if (!now->job.empty()) out.done.job_id = now->job;
        co_return out;
    }
    auto begun = queue_.begin(printer_.state(), how.idempotency_key.value_or(""));
    if (!begun) {
        out.why = begun.error();
        co_return out;
    }
    out.what = *begun;
    open_start open(queue_);
    // On the disk before the printer hears of it: after a crash in between it is not started a second time.
    const bool kept = co_await keep();
    if (!kept) {
        queue_.take_back();
        open.answered();
        out.why = not_kept();
        co_return out;
    }
    const auto file = co_await files_.stat(begun->path);
    if (!file) {
        out.why = fail(file.error());
    } else {
        printer::action what = printer::start_job{begun->path, bed_clear};
        auto done = co_await printer_.perform(std::move(what), std::move(how));
        if (done) {
            out.done = std::move(*done);
        } else if (done.error().code == printer::printer_errc::repeated) {
            out.done.repeated = true;
            out.done.note = done.error().detail;
        } else {
            out.why = fail(done.error());
        }
        if (!done && done.error().code == printer::printer_errc::no_answer) {
            queue_.in_doubt();
            open.answered();
            (void)co_await keep();
            co_return out;
        }
    }
    if (out.why || out.done.repeated)
        queue_.take_back();
    else
        queue_.began(out.done.job_id.value_or(""));
    open.answered();
    // The start itself stands, whatever becomes of this; a next start then finds the queue in doubt.
    (void)co_await keep();
    co_return out;
}

task<void> queue_desk::run()
{
    if (!trouble_.empty()) tell_(trouble_);
    for (;;) {
        const auto state = printer_.state();
        const auto held = queue_.held();
        if (queue_.follow(state)) {
            if (queue_.held() != held && !queue_.held().empty())
                tell_("the print queue is held: " + queue_.held());
            const bool kept = co_await keep();
            if (!kept) tell_("the print queue cannot be written to " + file_.string());
        }
        const auto news = co_await printer_.changed(state.sequence);
        if (!news) co_return;
    }
}

} // namespace layerline::commands
