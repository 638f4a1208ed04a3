#include "workshop/pipeline/stage.hpp"

#include "workshop/jobs/file_confinement.hpp"
#include "workshop/models/model_file.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr int exit_refused = 3; // the sandbox, or the file that it tells in

std::filesystem::path told_in(const std::filesystem::path& folder)
{
    return folder / "stage.json";
}

json told(const slice_result<json>& found, slice_log& log)
{
    json all;
    if (found.has_error()) {
        const auto& why = found.error();
        log.fail(why);
        all = {{"code", static_cast<int>(why.code)},
               {"field", why.field},
               {"text", why.text},
               {"internal", why.internal}};
    } else {
        all = {{"facts", *found}};
    }
    all["steps"] = steps_json(log.finish());
    return all;
}

[[noreturn]] void run_here(const stage& what)
{
    const auto confined = confine_files(what.may_read, what.folder);
    if (!confined.refused.empty()) {
        std::fprintf(stderr, "%s\n", confined.refused.c_str());
        std::_Exit(exit_refused);
    }
    if (const auto refused = enter_sandbox(what.limits); !refused.empty()) {
        std::fprintf(stderr, "%s\n", refused.c_str());
        std::_Exit(exit_refused);
    }
    slice_log log;
    json all;
    try {
        all = told(what.work(log), log);
    } catch (const std::bad_alloc&) {
        const slice_failure why{slice_errc::internal,
                                {},
                                "It needs more than the " +
                                    std::to_string(what.limits.memory_bytes / 1024 / 1024) +
                                    " MB of memory that it may have."};
        all = told(why, log);
    }
    const auto kept = write_model_file(
        told_in(what.folder), all.dump(-1, ' ', false, json::error_handler_t::replace), durability::passing);
    std::fflush(stdout);
    std::_Exit(kept.has_error() ? exit_refused : 0);
}

slice_failure died(int status)
{
    std::string how = "A process of the slicing ended ";
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        how = "A process of the slicing needed more CPU time than it may have, and was ended ";
    how += WIFSIGNALED(status) ? "by signal " + std::to_string(WTERMSIG(status))
                               : "with code " + std::to_string(WEXITSTATUS(status));
    return {slice_errc::internal, {}, how + "."};
}

slice_result<json> facts_of(const json& all)
{
    const slice_failure nothing{slice_errc::internal, {}, "A process of the slicing left no answer."};
    if (!all.is_object()) return nothing;
    if (all.contains("facts")) return slice_result<json>(boost::system::in_place_value, all["facts"]);
    try {
        slice_failure why{slice_errc::internal, all.at("field").get<std::string>(),
                          all.at("text").get<std::string>(), all.at("internal").get<int>()};
        const int code = all.at("code").get<int>();
        for (const auto& row : slice_error_table())
            if (static_cast<int>(row.code) == code) why.code = row.code;
        return why;
    } catch (const json::exception&) {
        return nothing;
    }
}

} // namespace

void progress_line::tell(double done, double from, double to)
{
    const int hundredths = static_cast<int>((from + std::clamp(done, 0.0, 1.0) * (to - from)) * 100);
    if (hundredths <= told_ || hundredths > 100) return;
    told_ = hundredths;
    std::printf("%.2f\n", static_cast<double>(hundredths) / 100);
    std::fflush(stdout);
}

slice_result<json> run_stage(const stage& what, slice_log& log)
{
    std::error_code ignored;
    std::filesystem::remove(told_in(what.folder), ignored);
    log.finish(); // the time from here on is told by the steps of the part
    std::fflush(stdout);
    const auto child = ::fork();
    if (child < 0) return slice_failure{slice_errc::internal, {}, "No process could be begun."};
    if (child == 0) run_here(what);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return died(status);
    const auto text = read_model_file(told_in(what.folder), most_stage_bytes);
    const auto all = text.has_value() ? json::parse(*text, nullptr, false) : json();
    if (all.is_object() && all.contains("steps")) log.append(steps_from(all["steps"]));
    return facts_of(all);
}

} // namespace layerline::workshop
