#include "workshop/jobs/job_runner.hpp"

#include "workshop/jobs/child.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/operations/operation.hpp"
#include "workshop/pipeline/slice_task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <utility>

namespace layerline::workshop {

namespace net = transport::net;
using transport::clock;
using transport::task;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);
using watched_descriptor = net::posix::basic_stream_descriptor<net::io_executor>;
constexpr std::size_t most_said = 256;
// When the queue cannot be asked (the store fails): how long until the next try.
constexpr std::chrono::seconds after_failure{2};

struct running_job {
    pid_t pid = -1;
    double progress = 0;
    bool set_aside = false; // to be done later: the host is needed for something else
};

task<bool> ended(watched_descriptor& end)
{
    co_await end.async_wait(watched_descriptor::wait_read, as_tuple);
    co_return true;
}

task<bool> time_over(net::steady_timer& timer)
{
    co_await timer.async_wait(as_tuple);
    co_return false;
}

task<void> hear(watched_descriptor& from, std::shared_ptr<running_job> job)
{
    std::array<char, 256> part{};
    std::string said;
    for (;;) {
        const auto [code, count] = co_await from.async_read_some(net::buffer(part), as_tuple);
        if (code) break;
        said.append(part.data(), count);
        if (const auto now = last_progress(said)) job->progress = std::max(job->progress, *now);
        const auto line = said.rfind('\n');
        if (line != std::string::npos) said.erase(0, line + 1);
        if (said.size() > most_said) said.clear();
    }
    // Its end is the process' end, not this.
    net::steady_timer never(from.get_executor(), clock::time_point::max());
    co_await never.async_wait(as_tuple);
}

} // namespace

std::variant<std::string, model_failure, try_again> judge(const attempt_end& end, std::uint32_t deaths,
                                                          const runner_limits& limits)
{
    if (end.timed_out)
        return model_failure{model_errc::timed_out, "The operation took longer than the " +
                                                        std::to_string(limits.time.count() / 1000) +
                                                        " s that it may."};
    if (end.signal == SIGXCPU)
        return model_failure{model_errc::timed_out, "The operation needed more than the " +
                                                        std::to_string(limits.each.cpu_seconds) +
                                                        " s of CPU time that it may."};
    if (end.exit_code == 0 && end.answer) {
        const auto answer = parse_answer(*end.answer);
        if (answer && answer->has_error()) return answer->error();
        if (answer) return **answer;
    }
    if (deaths + 1 < limits.deaths) return try_again{};
    return model_failure{model_errc::operation_died,
                         "The operation has failed for unknown reasons: its process ended " +
                             (end.signal ? "by signal " + std::to_string(*end.signal)
                                         : "with code " + std::to_string(end.exit_code.value_or(-1))) +
                             " without an answer, " + std::to_string(deaths + 1) + " times."};
}

struct job_runner::engine : std::enable_shared_from_this<job_runner::engine> {
    engine(net::io_context& c, job_queue& q, shelf& f, runner_limits l, std::vector<std::string> p)
        : context(c), queue(q), files(f), limits(l), program(std::move(p)),
          wake_up(c, clock::time_point::max())
    {
    }

    net::io_context& context;
    job_queue& queue;
    shelf& files;
    runner_limits limits;
    std::vector<std::string> program;
    net::steady_timer wake_up;
    bool awake = true; // somebody called wake() since the queue was last asked
    bool stopped = false;
    std::map<std::string, std::shared_ptr<running_job>> running;
    runner_counts counts;
    host_share share = host_share::usual;
    std::uint64_t changes = 0;
    std::multimap<std::string, net::steady_timer*> watchers; // by job; each of a coroutine that waits

    std::size_t room() const
    {
        return share == host_share::none ? 0 : share == host_share::one_core ? 1 : limits.at_once;
    }

    void set_share(host_share now)
    {
        const bool changed = share != now;
        share = now;
        auto left = room();
        for (const auto& [id, job] : running) {
            if (job->set_aside) continue;
            if (left > 0) {
                --left;
                if (share == host_share::one_core && job->pid > 0) keep_to_one_core(job->pid);
                continue;
            }
            job->set_aside = true;
            if (job->pid > 0) ::kill(-job->pid, SIGKILL);
        }
        if (changed) wake();
    }

    void wake()
    {
        awake = true;
        wake_up.cancel();
    }

    void changed(const std::string& job)
    {
        ++changes;
        const auto [first, last] = watchers.equal_range(job);
        for (auto one = first; one != last; ++one)
            one->second->cancel();
    }

    static task<void> change_after(std::shared_ptr<engine> self, std::string job, std::uint64_t seen,
                                   std::chrono::milliseconds most)
    {
        if (self->changes != seen) co_return;
        net::steady_timer timer(co_await net::this_coro::executor, clock::now() + most);
        const watched one(*self, std::move(job), timer);
        co_await timer.async_wait(as_tuple);
    }

    // In the list as long as its coroutine lives.
    class watched {
    public:
        watched(engine& of, std::string job, net::steady_timer& timer)
            : of_(of), place_(of.watchers.emplace(std::move(job), &timer))
        {
        }
        ~watched() { of_.watchers.erase(place_); }
        watched(const watched&) = delete;
        watched& operator=(const watched&) = delete;

    private:
        engine& of_;
        std::multimap<std::string, net::steady_timer*>::iterator place_;
    };

    static task<void> loop(std::shared_ptr<engine> self)
    {
        while (!self->stopped) {
            if (!self->awake || self->running.size() >= self->room()) {
                self->wake_up.expires_at(clock::time_point::max());
                co_await self->wake_up.async_wait(as_tuple);
                continue;
            }
            self->awake = false;
            auto next = co_await self->queue.take();
            if (next.has_error()) {
                spdlog::error("the queue: {}", text_of(next.error()));
                self->awake = true;
                self->wake_up.expires_after(after_failure);
                co_await self->wake_up.async_wait(as_tuple);
                continue;
            }
            if (!*next) continue;
            self->awake = true; // there may be more
            auto job = std::make_shared<running_job>();
            job->set_aside = self->running.size() >= self->room(); // it changed while the queue was asked
            self->running.emplace((*next)->id, job);
            self->changed((*next)->id);
            auto one = see_through(self, std::move(**next), std::move(job));
            net::co_spawn(self->context, std::move(one), net::detached);
        }
        while (!self->running.empty()) {
            self->wake_up.expires_at(clock::time_point::max());
            co_await self->wake_up.async_wait(as_tuple);
        }
    }

    // Begins the process and waits for its end.
    static task<model_result<attempt_end>> attempt(std::shared_ptr<engine> self, job_task what,
                                                   std::shared_ptr<running_job> job)
    {
        using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
        auto begun = begin_child(self->program, to_text(what));
        if (begun.has_error()) co_return begun.error();
        child process = *std::move(begun);
        job->pid = process.pid;
        if (self->stopped || job->set_aside) ::kill(-process.pid, SIGKILL);
        if (self->share == host_share::one_core) keep_to_one_core(process.pid);
        watched_descriptor end(self->context, process.end.release());
        watched_descriptor output(self->context, process.output.release());
        net::steady_timer timer(self->context, clock::now() + self->limits.time);
        const auto first = co_await (ended(end) || time_over(timer) || hear(output, job));
        attempt_end how;
        how.timed_out = first.index() == 1;
        if (how.timed_out) {
            ::kill(-process.pid, SIGKILL);
            co_await ended(end);
        }
        job->pid = -1;
        const auto status = reap(process);
        how.exit_code = status.exit_code;
        how.signal = status.signal;
        if (how.exit_code == 0)
            if (auto text = read_model_file(answer_in(what.folder), most_answer_bytes); text.has_value())
                how.answer = *std::move(text);
        co_return how;
    }

    static model_result<void> tell_slice(const job_record& job, const std::filesystem::path& folder)
    {
        if (job.operation != slice_operation) return {};
        return write_model_file(slice_task_in(folder), job.parameters, durability::passing);
    }

    job_task task_of(const job_record& job, std::filesystem::path folder) const
    {
        job_task what;
        what.operation = job.operation;
        // A slice's are more than a pipe holds: they are a file of its folder.
        if (job.operation != slice_operation) what.parameters = job.parameters;
        what.source = files.path_of(job.input);
        what.result = job.input.starts_with("r-");
        what.folder = std::move(folder);
        what.most_source_bytes = limits.most_source_bytes;
        what.limits = limits.each;
        return what;
    }

    // Puts a slice's output where files are: not every one has some.
    model_result<void> take_slice(const job_record& job, const std::filesystem::path& folder,
                                  job_outcome& outcome) const
    {
        auto told = nlohmann::json::parse(outcome.fields, nullptr, false);
        std::error_code ignored;
        if (!told.is_object() || !told["data"].is_object() || told["status"] != 200 ||
            !std::filesystem::exists(output_in(folder), ignored))
            return {};
        const auto task = parse_slice_task(job.parameters);
        if (!task || !task->bucket_out.empty()) return {};
        file_record made = new_record(job, file_kind::upload);
        made.name = std::filesystem::path(task->sources.front().name).stem().string() +
                    (task->svg ? ".zip" : ".gcode");
        const auto bytes = files.take_in(output_in(folder), made.id);
        if (bytes.has_error()) return bytes.error();
        made.bytes = *bytes;
        told["data"]["fileId"] = made.id;
        outcome.fields = told.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        outcome.output = std::move(made);
        return {};
    }

    file_record new_record(const job_record& job, file_kind kind) const
    {
        file_record made;
        made.kind = kind;
        made.id = new_id(kind == file_kind::model ? 'r' : 'f');
        made.owner = job.owner;
        made.created_unix = unix_now();
        made.expires_unix = made.created_unix + limits.kept.count();
        return made;
    }

    // Puts the output where files are, and says what its record will be.
    model_result<void> take_output(const job_record& job, const std::filesystem::path& folder,
                                   job_outcome& outcome) const
    {
        if (job.operation == slice_operation) return take_slice(job, folder, outcome);
        const auto* const row = find_operation(job.operation);
        if (row == nullptr || row->output == operation_output::nothing) return {};
        auto made =
            new_record(job, row->output == operation_output::model ? file_kind::model : file_kind::upload);
        const auto parameters = nlohmann::json::parse(job.parameters, nullptr, false);
        made.name = output_name(*row, parameters, "model.stl");
        const auto bytes = files.take_in(output_in(folder), made.id);
        if (bytes.has_error()) return bytes.error();
        made.bytes = *bytes;
        auto fields = nlohmann::json::parse(outcome.fields, nullptr, false);
        fields[made.kind == file_kind::model ? "resultId" : "fileId"] = made.id;
        outcome.fields = fields.dump();
        outcome.output = std::move(made);
        return {};
    }

    static task<void> see_through(std::shared_ptr<engine> self, job_record job,
                                  std::shared_ptr<running_job> mine)
    {
        const auto since = clock::now();
        job_outcome outcome;
        bool again = false;
        auto folder = self->files.make_work_folder(job.id, job.attempt);
        if (folder.has_error()) {
            outcome.failure = folder.error();
        } else if (auto told = self->tell_slice(job, *folder); told.has_error()) {
            outcome.failure = told.error();
        } else {
            auto what = self->task_of(job, *folder);
            auto end = co_await attempt(self, std::move(what), mine);
            if (end.has_error()) {
                outcome.failure = end.error();
            } else if (self->stopped || (mine->set_aside && end->exit_code != 0)) {
                again = true;
            } else {
                auto judged = judge(*end, job.deaths, self->limits);
                again = std::holds_alternative<try_again>(judged);
                if (auto* why = std::get_if<model_failure>(&judged)) outcome.failure = std::move(*why);
                if (auto* fields = std::get_if<std::string>(&judged)) {
                    outcome.fields = std::move(*fields);
                    if (const auto taken = self->take_output(job, *folder, outcome); taken.has_error())
                        outcome.failure = taken.error();
                }
            }
        }
        ++(again ? self->counts.again : outcome.failure ? self->counts.failed : self->counts.succeeded);
        const bool died = again && !self->stopped && !mine->set_aside;
        co_await self->tell(job, std::move(outcome), again, died);
        self->changed(job.id);
        std::error_code ignored;
        if (folder.has_value()) std::filesystem::remove_all(*folder, ignored);
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - since);
        spdlog::info("operation {} ({}), attempt {}: {} ms", job.id, job.operation, job.attempt,
                     took.count());
        self->running.erase(job.id);
        self->wake();
    }

    // To the queue: what came of it. A queue that cannot be reached is asked again; until then the job is
    // known to be running, and after a restart it is done anew.
    task<void> tell(job_record job, job_outcome outcome, bool again, bool died)
    {
        const auto made = outcome.output ? outcome.output->id : std::string();
        for (;;) {
            auto told = model_result<bool>(false);
            if (again)
                told = co_await queue.give_back(job.id, job.attempt, died);
            else
                told = co_await queue.finish(job.id, job.attempt, outcome);
            if (told.has_value()) {
                // Cancelled or done by somebody else meanwhile.
                if (!*told && !made.empty()) files.remove(made);
                co_return;
            }
            spdlog::error("operation {}: {}", job.id, text_of(told.error()));
            if (stopped) co_return;
            net::steady_timer pause(context, clock::now() + after_failure);
            co_await pause.async_wait(as_tuple);
        }
    }
};

job_runner::job_runner(net::io_context& context, job_queue& queue, shelf& files, runner_limits limits,
                       std::vector<std::string> program)
    : engine_(std::make_shared<engine>(context, queue, files, limits, std::move(program)))
{
}

job_runner::~job_runner()
{
    stop();
}

task<void> job_runner::run()
{
    co_await engine::loop(engine_);
}

void job_runner::wake()
{
    engine_->wake();
}

void job_runner::end(const std::string& job)
{
    engine_->changed(job);
    const auto found = engine_->running.find(job);
    if (found != engine_->running.end() && found->second->pid > 0) ::kill(-found->second->pid, SIGKILL);
}

void job_runner::set_share(host_share share)
{
    engine_->set_share(share);
}

host_share job_runner::share() const
{
    return engine_->share;
}

std::optional<double> job_runner::progress(const std::string& job) const
{
    const auto found = engine_->running.find(job);
    if (found == engine_->running.end()) return std::nullopt;
    return found->second->progress;
}

runner_counts job_runner::counts() const
{
    auto told = engine_->counts;
    told.running = engine_->running.size();
    return told;
}

std::uint64_t job_runner::changes() const
{
    return engine_->changes;
}

task<void> job_runner::change_after(std::string job, std::uint64_t seen, std::chrono::milliseconds most)
{
    co_await engine::change_after(engine_, std::move(job), seen, most);
}

void job_runner::stop()
{
    engine_->stopped = true;
    for (const auto& [id, job] : engine_->running)
        if (job->pid > 0) ::kill(-job->pid, SIGKILL);
    engine_->wake();
}

} // namespace layerline::workshop
