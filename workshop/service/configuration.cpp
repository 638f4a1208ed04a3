#include "workshop/service/configuration.hpp"

#include "settings/settings_reader.hpp"

#include <string>
#include <utility>

namespace layerline::workshop {

namespace {

using settings::settings_reader;

settings_reader::text_taker text(std::string& into)
{
    return [&into](const std::string& given) {
        into = given;
        return std::string();
    };
}

settings_reader::text_taker path(std::filesystem::path& into)
{
    return [&into](const std::string& given) {
        into = given;
        return std::string();
    };
}

std::string take_choice(const std::string& given, while_printing& into)
{
    if (given == "wait")
        into = while_printing::wait;
    else if (given == "one")
        into = while_printing::one;
    else if (given == "run")
        into = while_printing::run;
    else
        return "must be \"wait\", \"one\" or \"run\"";
    return {};
}

// A bucket: its name is told in requests, its folder stays here.
std::string add_bucket(configuration& into, const std::string& name, const std::string& folder)
{
    constexpr std::size_t longest = 64;
    if (!folder.starts_with('/')) return "must be a folder with its whole path, in quotes";
    if (name.empty() || name.size() > longest || name == "models" || name == "jobs")
        return "is no name for a bucket: 1 to 64 characters, and not \"models\" or \"jobs\"";
    into.buckets.emplace(name, folder);
    return {};
}

void read_jobs(settings_reader& reader, configuration& into)
{
    reader.whole("jobs.at_once", into.at_once, 1, 256);
    reader.whole("jobs.waiting", into.waiting, 1, 1'000'000);
    reader.whole("jobs.time_s", into.time_s, 1, 86'400);
    reader.whole("jobs.cpu_s", into.cpu_s, 1, 864'000);
    reader.whole("jobs.memory_mb", into.memory_mb, 128, 1'000'000);
    reader.whole("jobs.output_mb", into.output_mb, 1, 100'000);
    reader.whole("jobs.free_memory_mb", into.free_memory_mb, 0, 10'000'000);
    reader.whole("jobs.kept_hours", into.kept_hours, 1, 87'600);
    reader.text("jobs.while_printing",
                [&into](const std::string& given) { return take_choice(given, into.printing); });
    reader.list("jobs.agents", [&into](const std::vector<std::string>& sockets) {
        into.agents.assign(sockets.begin(), sockets.end());
        return std::string();
    });
}

} // namespace

std::variant<configuration, configuration_fault> parse_configuration(std::string_view toml,
                                                                     std::string_view name)
{
    configuration read;
    settings_reader reader;
    reader.text("listen.address", text(read.address));
    reader.whole("listen.port", read.port, 0, 65535);
    reader.text("listen.socket", path(read.socket));
    reader.text("metrics.listen", [&](const std::string& given) -> std::string {
        const auto place = observe::parse_metrics_place(given);
        if (!place) return "must be a numeric address and a port, such as \"127.0.0.1:9482\", or \"off\"";
        read.metrics = *place;
        return {};
    });
    reader.flag("callbacks.local", read.callbacks_local);
    reader.whole("limits.max_connections", read.max_connections, 1, 100'000);
    reader.whole("limits.max_upload_mb", read.max_upload_mb, 1, 4096);
    reader.whole("limits.max_chunk_mb", read.max_chunk_mb, 1, 4096);
    reader.whole("limits.open_uploads", read.open_uploads, 1, 10'000);
    reader.whole("limits.uploads_per_month", read.uploads_per_month, 0, 100'000'000);
    read_jobs(reader, read);
    reader.text("slicing.engine", text(read.engine));
    reader.text("slicing.profiles", path(read.profiles));
    reader.whole("slicing.cache_mb", read.cache_mb, 0, 1'000'000);
    reader.named_texts("buckets", [&](const std::string& bucket, const std::string& folder) {
        return add_bucket(read, bucket, folder);
    });
    if (const auto faults = reader.read(toml); !faults.empty())
        return configuration_fault{settings::describe(faults, name)};
    return read;
}

std::variant<configuration, configuration_fault> load_configuration(const std::filesystem::path& file,
                                                                    bool may_be_missing)
{
    std::string fault;
    const auto text = settings::read_settings_file(file, may_be_missing, fault);
    if (text) return parse_configuration(*text, file.string());
    if (fault.empty()) return configuration{};
    return configuration_fault{std::move(fault)};
}

} // namespace layerline::workshop
