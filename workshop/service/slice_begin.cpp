// A slice request taken: checked, its models and its bucket found, and into the queue.
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/service/free_memory.hpp"
#include "workshop/service/profile_answer.hpp"
#include "workshop/service/slice_service.hpp"

#include <utility>

#include <sys/stat.h>

namespace layerline::workshop {

using nlohmann::json;
using transport::task;

namespace {

// A file of a bucket's folder: no path, nothing hidden.
bool is_plain_name(const std::string& name)
{
    constexpr std::size_t longest = 255;
    return !name.empty() && name.size() <= longest && name[0] != '.' && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

// What a slice has at once, its engine with it: measured on 12 to 730,000 triangles of 50 bytes each.
std::uint64_t memory_of(std::uint64_t model_bytes, bool svg)
{
    constexpr std::uint64_t mebibyte = 1024UL * 1024;
    return svg ? 4 * model_bytes + 16 * mebibyte : 8 * model_bytes + 96 * mebibyte;
}

slice_failure not_found(const std::string& path, std::string text)
{
    return {slice_errc::model_not_found, path + ".hash", std::move(text)};
}

} // namespace

task<slice_result<slice_source>> slice_service::source_of(json model, std::string path, std::string owner,
                                                          std::uint64_t& bytes)
{
    const auto hash = model["hash"].get<std::string>(), bucket = model["bucketIn"].get<std::string>();
    slice_source source;
    if (bucket.empty() || bucket == "models") {
        if (!is_id(hash))
            co_return not_found(path, "There is no such model; `hash` is a fileId or resultId of yours.");
        auto find = [hash](ledger& kept) { return kept.find_file(hash); };
        auto found = co_await kept_.ask(std::move(find));
        if (found.has_error()) co_return slice_failure{slice_errc::internal, path, text_of(found.error())};
        if (!*found || (*found)->owner != owner)
            co_return not_found(path, "There is no such model, or it is not yours.");
        source.file = files_.path_of(hash);
        source.name = (*found)->name;
        source.result = (*found)->kind == file_kind::model;
        bytes += (*found)->bytes;
        co_return source;
    }
    const auto known = settings_.buckets.find(bucket);
    if (known == settings_.buckets.end())
        co_return slice_failure{slice_errc::model_not_found, path + ".bucketIn", "There is no such bucket."};
    source.file = known->second / hash;
    source.name = hash;
    struct stat about {};
    if (!is_plain_name(hash) || ::lstat(source.file.c_str(), &about) != 0 || !S_ISREG(about.st_mode))
        co_return not_found(path, "The bucket has no such file.");
    bytes += static_cast<std::uint64_t>(about.st_size);
    co_return source;
}

task<slice_result<job_record>> slice_service::resolved(slice_request request, std::string owner,
                                                       std::uint64_t& bytes)
{
    slice_task what;
    job_record job;
    for (std::size_t index = 0; index < request.data["model"].size(); ++index) {
        auto model = request.data["model"][index];
        auto hash = model["hash"].get<std::string>();
        auto path = "model[" + std::to_string(index) + "]";
        auto source = co_await source_of(std::move(model), std::move(path), owner, bytes);
        if (source.has_error()) co_return source.error();
        if (is_id(hash)) job.more_inputs.push_back(std::move(hash));
        what.sources.push_back(*std::move(source));
    }
    if (!request.bucket_out.empty() && request.bucket_out != "jobs") {
        const auto known = settings_.buckets.find(request.bucket_out);
        std::error_code fault;
        if (known == settings_.buckets.end() || !std::filesystem::is_directory(known->second, fault))
            co_return slice_failure{slice_errc::no_bucket_out, "bucketOut", {}};
        what.bucket_out = known->second;
    }
    what.svg = request.mode == slice_mode::svg;
    what.response_id = request.response_id;
    what.data = std::move(request.data);
    what.engine = settings_.engine;
    what.cache = settings_.cache;
    what.most_cache_bytes = settings_.most_cache_bytes;
    job.id = new_id('s');
    job.owner = std::move(owner);
    job.operation = slice_operation;
    job.parameters = to_text(what);
    job.input = job.more_inputs.empty() ? std::string() : job.more_inputs.front();
    job.created_unix = unix_now();
    job.expires_unix = job.created_unix + settings_.kept.count();
    co_return job;
}

task<model_answer> slice_service::make_request(transport::exchange& call)
{
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_slice_bytes);
    if (text.has_error()) {
        const slice_failure why{slice_errc::malformed, {}, "The request has more than 4 MiB, or broke off."};
        co_return slice_refusal(why, {}, 413);
    }
    const auto made = request_from_profiles(settings_.profiles, *text);
    if (made.has_error()) {
        const auto why = made.error();
        co_return slice_refusal(why, {});
    }
    co_return success(200, *made);
}

task<model_answer> slice_service::begin(transport::exchange& call, std::string owner)
{
    const auto body = call.body();
    auto text = co_await transport::read_all(*body, most_slice_bytes);
    if (text.has_error()) {
        const slice_failure why{slice_errc::malformed, {}, "The request has more than 4 MiB, or broke off."};
        co_return slice_refusal(why, {}, 413);
    }
    auto request = read_slice_request(*text);
    if (request.has_error()) {
        const auto why = request.error();
        co_return slice_refusal(why, response_id_in(*text));
    }
    const auto response_id = request->response_id;
    const bool svg = request->mode == slice_mode::svg;
    std::uint64_t bytes = 0;
    auto job = co_await resolved(*std::move(request), std::move(owner), bytes);
    if (job.has_error()) {
        const auto why = job.error();
        co_return slice_refusal(why, response_id);
    }
    const auto room = check_memory(memory_of(bytes, svg), settings_.free_memory_bytes, available_memory());
    if (room.has_error()) co_return slice_refusal(room.error());
    const auto id = job->id;
    auto put = co_await queue_.put(*std::move(job));
    if (put.has_error()) co_return slice_refusal(put.error());
    runner_.wake();
    auto told = json::object();
    told["id"] = id;
    told["responseId"] = response_id;
    co_return success(202, told);
}

} // namespace layerline::workshop
