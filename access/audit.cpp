// The audit file: one write a line, one older file kept.
#include "access/audit.hpp"
#include "access/private_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>

namespace layerline::access {

namespace {

constexpr std::size_t max_value = 512;
constexpr std::string_view token_prefix = "ll_";
constexpr std::size_t token_characters = 43;

bool is_token_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Keeps only the prefix of what has the form of a token.
std::string without_tokens(std::string text)
{
    for (auto at = text.find(token_prefix); at != std::string::npos; at = text.find(token_prefix, at)) {
        at += token_prefix.size();
        auto end = at;
        while (end < text.size() && is_token_character(text[end]))
            ++end;
        if (end - at >= token_characters) text.replace(at, end - at, "***");
    }
    return text;
}

std::string value_of(const std::string& text)
{
    auto shown = without_tokens(text); // before the cut, which could leave most of a token behind
    if (shown.size() > max_value) shown.resize(max_value);
    return shown;
}

std::string utc(std::chrono::system_clock::time_point when)
{
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(when);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
    const std::time_t plain = std::chrono::system_clock::to_time_t(seconds);
    std::tm parts{};
    ::gmtime_r(&plain, &parts);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    auto thousandths = std::to_string(1000 + (whole - seconds).count()).substr(1);
    return std::string(text.data(), size) + '.' + thousandths + 'Z';
}

class audit_file final : public audit_log {
public:
    audit_file(std::filesystem::path file, std::uint64_t max_bytes, descriptor out, std::uint64_t size)
        : file_(std::move(file)), max_bytes_(max_bytes), out_(std::move(out)), size_(size)
    {
    }

    static boost::system::result<descriptor> open_file(const std::filesystem::path& file)
    {
        descriptor out(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!out.open() || ::fchmod(out.number(), 0600) != 0) return last_system_error();
        return out;
    }

    boost::system::error_code write(const audit_entry& entry) override
    {
        const auto line = to_line(entry, std::chrono::system_clock::now()) + '\n';
        const std::lock_guard lock(mutex_);
        if (size_ > 0 && size_ + line.size() > max_bytes_)
            if (const auto failed = rotate()) return failed;
        const auto failed = write_fully(out_.number(), line);
        struct stat about {};
        size_ = ::fstat(out_.number(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size)
                                                    : size_ + line.size();
        return failed;
    }

private:
    boost::system::error_code rotate()
    {
        auto older = file_;
        older += ".1";
        if (::rename(file_.c_str(), older.c_str()) != 0) return last_system_error();
        auto fresh = open_file(file_);
        if (!fresh) return fresh.error();
        out_ = std::move(*fresh);
        size_ = 0;
        return {};
    }

    std::filesystem::path file_;
    std::uint64_t max_bytes_;
    std::mutex mutex_;
    descriptor out_;
    std::uint64_t size_;
};

} // namespace

std::string to_line(const audit_entry& entry, std::chrono::system_clock::time_point when)
{
    nlohmann::ordered_json line;
    line["time"] = utc(when);
    line["who"] = value_of(entry.who);
    line["name"] = value_of(entry.name);
    line["peer"] = value_of(entry.peer);
    line["action"] = value_of(entry.action);
    line["target"] = value_of(entry.target);
    line["outcome"] = value_of(entry.outcome);
    line["detail"] = value_of(entry.detail);
    // ASCII only: no control character, no text direction mark reaches a terminal.
    return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

boost::system::result<std::unique_ptr<audit_log>> open_audit_log(std::filesystem::path file,
                                                                 std::uint64_t max_bytes)
{
    auto out = audit_file::open_file(file);
    if (!out) return out.error();
    struct stat about {};
    if (::fstat(out->number(), &about) != 0) return last_system_error();
    const auto size = static_cast<std::uint64_t>(about.st_size);
    return std::unique_ptr<audit_log>(
        std::make_unique<audit_file>(std::move(file), max_bytes, std::move(*out), size));
}

} // namespace layerline::access
