#include "workshop/jobs/job_process.hpp"

#include "workshop/jobs/file_confinement.hpp"
#include "workshop/jobs/job_task.hpp"
#include "workshop/models/model_file.hpp"
#include "workshop/operations/operation.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <new>
#include <span>
#include <string>
#include <utility>

#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_task = 256UL * 1024;

std::string all_of_stdin()
{
    std::string text(most_task, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = ::read(STDIN_FILENO, text.data() + have, text.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

// Told in hundredths, each once; a service that does not listen any more is no reason to stop.
void tell_progress(double done)
{
    static int told = -1;
    const int hundredths = static_cast<int>(done * 100);
    if (hundredths <= told || hundredths > 100) return;
    told = hundredths;
    std::printf("%.2f\n", static_cast<double>(hundredths) / 100);
    std::fflush(stdout);
}

model_result<std::string> done(const operation_row* row, const job_task& task)
{
    if (row == nullptr)
        return model_failure{model_errc::operation_not_started, "There is no such operation."};
    operation_input input;
    input.parameters = json::parse(task.parameters, nullptr, false);
    input.source = task.source;
    input.result = task.result;
    input.output = output_in(task.folder);
    input.most_bytes = task.most_source_bytes;
    input.progress = tell_progress;
    try {
        const auto fields = row->run(input);
        if (fields.has_error()) return fields.error();
        return fields->dump(-1, ' ', false, json::error_handler_t::replace);
    } catch (const std::bad_alloc&) {
        return model_failure{model_errc::not_convertible,
                             "The model is too large: the operation needs more than the " +
                                 std::to_string(task.limits.memory_bytes / 1024 / 1024) +
                                 " MB of memory that it may have."};
    }
}

} // namespace

int work_on_task(const other_work& other)
{
    const auto task = parse_task(all_of_stdin());
    if (!task) {
        std::fputs("no task on stdin\n", stderr);
        return 1;
    }
    if (task->operation == other.name) return other.run(*task);
    const auto* const row = find_operation(task->operation);
    const auto ready =
        row != nullptr && row->make_ready != nullptr ? row->make_ready() : model_result<void>();
    if (const auto confined = confine_files(std::span(&task->source, 1), task->folder);
        !confined.refused.empty()) {
        std::fprintf(stderr, "%s\n", confined.refused.c_str());
        return 1;
    }
    if (const auto refused = enter_sandbox(task->limits); !refused.empty()) {
        std::fprintf(stderr, "%s\n", refused.c_str());
        return 1;
    }
    tell_progress(0);
    const auto answer = ready.has_error() ? ready.error() : done(row, *task);
    const auto kept = write_model_file(answer_in(task->folder), answer_text(answer), durability::passing);
    if (!kept.has_error()) return 0;
    std::fprintf(stderr, "%s\n", kept.error().detail.c_str());
    return 1;
}

} // namespace layerline::workshop
