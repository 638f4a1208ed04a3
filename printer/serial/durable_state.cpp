#include "printer/serial/durable_state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace layerline::printer::serial {
namespace {

using json = nlohmann::json;
constexpr std::size_t most_state_bytes = 64UL * 1024;
constexpr std::size_t most_log_bytes = 1024UL * 1024;

printer_failure disk_failure(const std::string& what)
{
    return {printer_errc::host_failure, what + ": " + std::generic_category().message(errno)};
}

// The whole file, or nothing with errno set.
std::optional<std::string> read_whole(const std::string& path, std::size_t most)
{
    const owned_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return std::nullopt;
    std::string text(most + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > most) {
        errno = EFBIG;
        return std::nullopt;
    }
    text.resize(size);
    return text;
}

bool write_whole(int fd, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

printer_result<void> replace_file(const std::string& folder, const std::string& name, std::string_view text)
{
    const std::string path = folder + '/' + name, fresh = path + ".new";
    const owned_fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!file) return disk_failure("the state folder cannot be written");
    if (!write_whole(file.get(), text) || ::fdatasync(file.get()) != 0)
        return disk_failure("the state folder cannot be written");
    if (::rename(fresh.c_str(), path.c_str()) != 0) return disk_failure("the state folder cannot be written");
    const owned_fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) ::fsync(directory.get());
    return {};
}

std::string text_of(const json& from, const char* name)
{
    return from.at(name).get<std::string>().substr(0, 2048);
}

} // namespace

loaded_state load_durable_state(const std::string& folder)
{
    loaded_state loaded;
    const auto text = read_whole(folder + "/printhost.json", most_state_bytes);
    if (!text) {
        if (errno == ENOENT) return loaded;
        loaded.complaint = "the kept state cannot be read: " + std::generic_category().message(errno);
        loaded.state.take({.clear = false, .since = bed_event::unreadable});
        return loaded;
    }
    try {
        const json from = json::parse(*text);
        loaded.state.bed_clear = from.at("bed_clear").get<bool>();
        if (const auto why = from.find("bed_since"); why != from.end() && why->is_string())
            loaded.state.bed_since = find_bed_event(why->get_ref<const std::string&>());
        if (const auto boot = from.find("boot"); boot != from.end())
            loaded.state.boot = text_of(from, "boot");
        if (const auto starts = from.find("starts_ms"); starts != from.end())
            for (const auto& start : *starts)
                loaded.state.starts.emplace_back(start.get<std::int64_t>());
        if (const auto job = from.find("last_job"); job != from.end() && !job->is_null())
            loaded.state.last_job = job_record{text_of(*job, "id"), text_of(*job, "path"),
                                               text_of(*job, "outcome"), text_of(*job, "detail")};
        if (const auto own = from.find("firmware"); own != from.end() && !own->is_null())
            loaded.state.firmware =
                fingerprint{text_of(*own, "name"), text_of(*own, "machine"), text_of(*own, "uuid")};
        if (const auto port = from.find("port"); port != from.end() && !port->is_null())
            loaded.state.port = {port->at("baud").get<unsigned>(), text_of(*port, "usb")};
    } catch (const json::exception&) {
        loaded = {};
        loaded.state.take({.clear = false, .since = bed_event::unreadable});
        loaded.complaint = "the kept state is damaged; the bed counts as not cleared";
    }
    return loaded;
}

std::string boot_of_machine()
{
    auto text = read_whole("/proc/sys/kernel/random/boot_id", 256).value_or("");
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

void note_boot(durable_state& kept, const std::string& boot)
{
    if (boot.empty() || boot == kept.boot) return;
    if (!kept.boot.empty() && kept.bed_clear) kept.take({.clear = false, .since = bed_event::host_restarted});
    kept.starts.clear();
    kept.boot = boot;
}

printer_result<void> save_durable_state(const std::string& folder, const durable_state& state)
{
    json into{{"bed_clear", state.bed_clear}, {"bed_since", nullptr}, {"boot", state.boot},
              {"starts_ms", json::array()},   {"last_job", nullptr},  {"firmware", nullptr}};
    into["port"] = {{"baud", state.port.baud}, {"usb", state.port.usb}};
    for (const auto start : state.starts)
        into["starts_ms"].push_back(start.count());
    if (state.bed_since) into["bed_since"] = name_of(*state.bed_since);
    if (const auto& job = state.last_job)
        into["last_job"] = {
            {"id", job->id}, {"path", job->path}, {"outcome", job->outcome}, {"detail", job->detail}};
    if (const auto& own = state.firmware)
        into["firmware"] = {{"name", own->name}, {"machine", own->machine}, {"uuid", own->uuid}};
    return replace_file(folder, "printhost.json",
                        into.dump(1, ' ', false, json::error_handler_t::replace) + '\n');
}

bool idempotency_keys::valid(std::string_view key)
{
    return !key.empty() && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

printer_result<idempotency_keys> idempotency_keys::open(const std::string& folder)
{
    idempotency_keys keys;
    keys.folder_ = folder;
    const auto text = read_whole(folder + "/keys.log", most_log_bytes);
    if (!text && errno != ENOENT) return disk_failure("the kept idempotency keys cannot be read");
    // "+KEY COMMAND" was claimed, "-KEY" given back; a torn last line is no key.
    std::string_view rest = text ? std::string_view(*text) : std::string_view{};
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (line.empty()) continue;
        const auto space = line.find(' ');
        const std::string key(line.substr(1, space == std::string_view::npos ? space : space - 1));
        if (!valid(key)) continue;
        const std::string command(space == std::string_view::npos ? "" : line.substr(space + 1));
        if (line[0] == '+' && keys.known_.emplace(key, command).second)
            keys.order_.push_back(key);
        else if (line[0] == '-' && keys.known_.erase(key) > 0)
            std::erase(keys.order_, key);
    }
    while (keys.order_.size() > most) {
        keys.known_.erase(keys.order_.front());
        keys.order_.pop_front();
    }
    if (auto done = keys.rewrite(); !done) return done.error();
    return keys;
}

std::string idempotency_keys::claimed_line(const std::string& key, std::string_view command)
{
    return '+' + key + (command.empty() ? "" : " ") + std::string(command) + '\n';
}

printer_result<void> idempotency_keys::rewrite()
{
    std::string text;
    for (const auto& key : order_)
        text += claimed_line(key, known_.at(key));
    if (auto done = replace_file(folder_, "keys.log", text); !done) return done;
    log_ = owned_fd(::open((folder_ + "/keys.log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    if (!log_) return disk_failure("the idempotency keys cannot be written");
    lines_ = order_.size();
    return {};
}

printer_result<void> idempotency_keys::append(std::string_view line, bool sync)
{
    // One write, so that a full disk tears at most this line; a torn one is closed off by the next newline.
    if (!write_whole(log_.get(), line) || (sync && ::fdatasync(log_.get()) != 0)) {
        const auto failure = disk_failure("the idempotency key cannot be kept");
        (void)write_whole(log_.get(), "\n");
        return failure;
    }
    ++lines_;
    return {};
}

printer_result<bool> idempotency_keys::claim(std::string_view key, std::string_view command)
{
    if (!valid(key))
        return printer_failure{printer_errc::out_of_range, "the key is not 1-64 of A-Z a-z 0-9 _ -"};
    std::string owned(key);
    if (const auto before = known_.find(owned); before != known_.end()) {
        const std::string& known = before->second;
        const std::string name = known.substr(0, known.find(' '));
        const bool same_name = command.substr(0, command.find(' ')) == name;
        if (known.empty() || known == command || (same_name && name == known)) return false;
        return printer_failure{printer_errc::out_of_range,
                               "this idempotency key was used for another command (" + name +
                                   (same_name ? " with other arguments" : "") + "): give each its own"};
    }
    if (auto kept = append(claimed_line(owned, command), true); !kept) return kept.error();
    known_.emplace(owned, command);
    order_.push_back(std::move(owned));
    if (order_.size() > most) {
        known_.erase(order_.front());
        order_.pop_front();
    }
    if (lines_ > 4 * most)
        if (auto done = rewrite(); !done) return done.error();
    return true;
}

void idempotency_keys::release(std::string_view key)
{
    const std::string owned(key);
    if (known_.erase(owned) == 0) return;
    std::erase(order_, owned);
    (void)append('-' + owned + '\n', false);
}

} // namespace layerline::printer::serial
