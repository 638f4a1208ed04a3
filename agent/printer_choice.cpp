#include "agent/printer_choice.hpp"

#include "agent/recorded_link.hpp"
#include "agent/timed_link.hpp"
#include "agent/version.hpp"
#include "commands/local_file_store.hpp"
#include "commands/moonraker_api.hpp"
#include "commands/moonraker_file_store.hpp"
#include "printer/moonraker/moonraker_link.hpp"
#include "printer/serial/serial_link.hpp"
#include "settings/settings_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace layerline::agent {

namespace net = transport::net;
using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;

namespace {

constexpr std::uint64_t mebibyte = 1024UL * 1024;

printer_failure ours(std::string why)
{
    return {printer_errc::host_failure, std::move(why)};
}

// Why the folder cannot be made; nothing if it is there.
std::optional<printer_failure> missing(const std::filesystem::path& folder, mode_t mode)
{
    if (::mkdir(folder.c_str(), mode) == 0 || errno == EEXIST) return std::nullopt;
    return ours("the folder " + folder.string() + ": " + std::generic_category().message(errno));
}

// The key in that file, without the line's end; none for no file.
printer_result<std::string> api_key_in(const std::filesystem::path& file)
{
    constexpr std::size_t longest_key = 1024;
    if (file.empty()) return std::string();
    std::string fault;
    auto text = settings::read_settings_file(file, false, fault);
    if (!text) return ours(fault);
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' '))
        text->pop_back();
    const auto strange = [](unsigned char c) { return c <= 0x20 || c >= 0x7f; };
    if (text->empty() || text->size() > longest_key || std::any_of(text->begin(), text->end(), strange))
        return ours(file.string() + " must hold Moonraker's API key and nothing else");
    return std::move(*text);
}

// Where uploads in parts wait: beside the printer's files, so that a whole one needs no copy.
printer_result<std::unique_ptr<commands::upload_shelf>> shelf_in(const std::filesystem::path& folder,
                                                                 const configuration& settings)
{
    commands::upload_limits limits;
    limits.most = settings.pending_uploads;
    limits.most_bytes = settings.pending_mb * mebibyte;
    limits.keep = std::chrono::hours(settings.pending_hours);
    limits.reserve_bytes = settings.reserve_mb * mebibyte;
    return commands::upload_shelf::open(folder / "uploads", limits, std::chrono::steady_clock::now());
}

printer_result<chosen_printer> on_this_machine(net::io_context& context, const run_options& options)
{
    const auto& settings = options.settings;
    const auto folder = settings.folder.empty() ? options.state / "files" : settings.folder;
    // Read by the group: the print host runs as a user of its own.
    if (auto fault = missing(folder, 0750)) return std::move(*fault);
    commands::local_store_options store;
    // "gcode/a.gcode" is <folder>/gcode/a.gcode, for the agent as for the print host.
    store.folder = folder / "gcode";
    store.max_file_bytes = settings.max_upload_mb * mebibyte;
    store.reserve_bytes = settings.reserve_mb * mebibyte;
    auto files = commands::open_local_file_store(context, std::move(store));
    if (files.has_error()) return ours("the folder of files: " + files.error().detail);
    auto shelf = shelf_in(folder, settings);
    if (shelf.has_error()) return shelf.error();
    printer::serial::link_settings link;
    link.socket_path = settings.socket.string();
    auto disk = std::make_shared<commands::disk_threads>(1);
    auto recorded =
        std::make_unique<recorded_link>(printer::serial::make_serial_link(context, std::move(link)), **files,
                                        options.state / "history.json", disk);
    return chosen_printer{std::move(*files), std::move(recorded), std::move(*shelf), std::move(disk)};
}

printer_result<chosen_printer> behind_moonraker(net::io_context& context, const run_options& options)
{
    const auto& settings = options.settings;
    auto place = printer::moonraker::parse_moonraker_url(settings.moonraker_url);
    if (!place) return ours("printer.url is no address of a Moonraker: " + settings.moonraker_url);
    const auto http =
        place->http.empty() ? printer::moonraker::parse_moonraker_url(settings.moonraker_files_url) : place;
    if (!http || http->http.empty())
        return ours("printer.files_url is no address of a Moonraker: " + settings.moonraker_files_url);
    auto key = api_key_in(settings.api_key_file);
    if (key.has_error()) return key.error();

    commands::moonraker_store_options store;
    store.base = http->http;
    store.api_key = *key;
    store.ca_file = settings.moonraker_ca_file;
    store.allow_insecure = settings.moonraker_insecure;
    store.max_file_bytes = settings.max_upload_mb * mebibyte;

    printer::moonraker::link_settings link;
    link.wire.place = std::move(*place);
    link.wire.api_key = std::move(*key);
    link.wire.ca_file = settings.moonraker_ca_file;
    link.wire.allow_insecure = settings.moonraker_insecure;
    link.desk.version = std::string(version);
    // Whoever reads Moonraker's list of clients finds this agent's page there.
    link.desk.url = url_of(settings.listen.value_or(endpoint{"127.0.0.1", 8481}));
    link.desk.id_seed = std::to_string(std::random_device{}());
    link.state_folder = options.state / "moonraker";
    if (auto fault = missing(link.state_folder, 0700)) return std::move(*fault);
    auto shelf = shelf_in(options.state, settings);
    if (shelf.has_error()) return shelf.error();
    auto made = printer::moonraker::make_moonraker_link(context, std::move(link));
    if (made.has_error()) return made.error();
    auto host = commands::make_moonraker_api(context, store);
    auto files = commands::make_moonraker_file_store(context, std::move(store));
    auto timed = std::make_unique<timed_link>(context, std::move(*made), *files);
    return chosen_printer{std::move(files), std::move(timed), std::move(*shelf),
                          std::make_shared<commands::disk_threads>(1), std::move(host)};
}

} // namespace

printer_result<chosen_printer> choose_printer(net::io_context& context, const run_options& options)
{
    return options.settings.moonraker ? behind_moonraker(context, options)
                                      : on_this_machine(context, options);
}

} // namespace layerline::agent
