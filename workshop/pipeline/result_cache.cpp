#include "workshop/pipeline/delivery.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"
#include "commands/running_digest.hpp"
#include "workshop/jobs/child.hpp"
#include "workshop/models/model_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr std::size_t most_facts = 64UL * 1024;
constexpr std::string_view facts_end = ".json", made_end = ".made";

// SHA-256 of a file as 64 digits; nothing if it cannot be read.
std::optional<std::string> digest_of(const std::filesystem::path& file)
{
    const owned_descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat about {};
    if (open.get() < 0 || ::fstat(open.get(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    commands::running_digest digest;
    std::vector<char> part(1UL << 18U);
    for (;;) {
        const auto got = ::read(open.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return digest.hex();
        digest.take(part.data(), static_cast<std::size_t>(got));
    }
}

struct kept_result {
    std::filesystem::file_time_type used;
    std::uint64_t bytes = 0;
    std::filesystem::path made;
};

} // namespace

slice_result<std::string> content_key(const slice_task& task, std::string_view engine)
{
    auto data = task.data;
    auto models = json::array();
    for (std::size_t index = 0; index < task.sources.size(); ++index) {
        const auto digest = digest_of(task.sources[index].file);
        if (!digest)
            return slice_failure{slice_errc::model_not_found, "model[" + std::to_string(index) + "].hash",
                                 task.sources[index].name + " is not there any more."};
        models.push_back(*digest);
        data["model"][index].erase("hash");
        data["model"][index].erase("bucketIn");
    }
    for (const char* told : {"responseId", "bucketOut", "responseID"})
        data.erase(told);
    const json all{{"data", std::move(data)},
                   {"svg", task.svg},
                   {"models", std::move(models)},
                   {"engine", task.svg ? std::string_view() : engine},
                   {"archive", task.bucket_out.empty()},
                   {"layerline", LAYERLINE_VERSION}};
    return access::to_hex(access::sha256(all.dump(-1, ' ', false, json::error_handler_t::replace)));
}

result_cache::result_cache(std::filesystem::path folder, std::uint64_t most_bytes)
    : folder_(std::move(folder)), most_bytes_(most_bytes)
{
}

std::optional<std::string> result_cache::take(const std::string& key, const std::filesystem::path& into) const
{
    if (folder_.empty()) return std::nullopt;
    const auto made = folder_ / (key + std::string(made_end));
    auto facts = read_model_file(folder_ / (key + std::string(facts_end)), most_facts);
    if (facts.has_error()) return std::nullopt;
    std::error_code fault;
    std::filesystem::copy_file(made, into, std::filesystem::copy_options::create_hard_links, fault);
    if (fault) return std::nullopt;
    std::filesystem::last_write_time(made, std::filesystem::file_time_type::clock::now(), fault);
    return *std::move(facts);
}

void result_cache::keep(const std::string& key, const std::filesystem::path& made,
                        std::string_view facts) const
{
    if (folder_.empty()) return;
    std::error_code fault;
    std::filesystem::create_directories(folder_, fault);
    const auto named = folder_ / (key + std::string(made_end));
    std::filesystem::remove(named, fault);
    std::filesystem::create_hard_link(made, named, fault);
    if (fault) return;
    // The facts come last: without them there is no result.
    if (write_model_file(folder_ / (key + std::string(facts_end)), facts).has_error())
        std::filesystem::remove(named, fault);
    make_room();
}

void result_cache::make_room() const
{
    std::vector<kept_result> all;
    std::uint64_t bytes = 0;
    std::error_code fault;
    for (std::filesystem::directory_iterator at(folder_, fault), end; !fault && at != end;
         at.increment(fault)) {
        if (!at->path().native().ends_with(made_end)) continue;
        std::error_code gone;
        kept_result one{at->last_write_time(gone), at->file_size(gone), at->path()};
        if (gone) continue;
        bytes += one.bytes;
        all.push_back(std::move(one));
    }
    std::sort(all.begin(), all.end(), [](const auto& l, const auto& r) { return l.used < r.used; });
    for (const auto& one : all) {
        if (bytes <= most_bytes_) return;
        bytes -= one.bytes;
        auto facts = one.made;
        facts.replace_extension(facts_end);
        std::filesystem::remove(facts, fault);
        std::filesystem::remove(one.made, fault);
    }
}

} // namespace layerline::workshop
