#include "workshop/engine/known_version.hpp"

#include "workshop/engine/engine_process.hpp"
#include "workshop/models/model_file.hpp"

#include <nlohmann/json.hpp>

#include <optional>

#include <sys/stat.h>

namespace layerline::workshop {

namespace {

using nlohmann::json;

constexpr const char* kept_in = "engine";
constexpr std::size_t most_kept_bytes = 4096;

// What changes when a package puts another program there; nothing: there is none.
std::optional<json> identity_of(const std::string& program)
{
    struct stat about {};
    if (::stat(program.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    return json{{"program", program},
                {"device", about.st_dev},
                {"inode", about.st_ino},
                {"bytes", about.st_size},
                {"changed_s", about.st_ctim.tv_sec},
                {"changed_ns", about.st_ctim.tv_nsec}};
}

} // namespace

std::string known_engine_version(const std::string& program, const std::filesystem::path& folder)
{
    const auto identity = identity_of(program);
    if (!identity || folder.empty()) return ask_engine_version(program);
    const auto file = folder / kept_in;
    if (const auto text = read_model_file(file, most_kept_bytes); text.has_value()) {
        const auto kept = json::parse(*text, nullptr, false);
        if (kept.is_object() && kept.value("of", json()) == *identity && kept.contains("version") &&
            kept["version"].is_string())
            return kept["version"].get<std::string>();
    }
    auto version = ask_engine_version(program);
    // What cannot be kept is asked again.
    if (!version.empty()) (void)write_model_file(file, json{{"of", *identity}, {"version", version}}.dump());
    return version;
}

} // namespace layerline::workshop
