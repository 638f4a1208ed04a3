// Who has a device open.
#include "printer/serial/port_holder.hpp"

#include <charconv>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <memory>
#include <sys/sysmacros.h>

namespace layerline::printer::serial {

namespace {

constexpr unsigned first_pty_major = 136, last_pty_major = 143, pty_maker_major = 5, pty_maker_minor = 2;

// Calls each(name) for entries whose name is a number, until it says true.
bool any_numbered(const std::string& folder, const std::function<bool(const std::string&)>& each)
{
    const auto close = [](DIR* open) { ::closedir(open); };
    const std::unique_ptr<DIR, decltype(close)> entries(::opendir(folder.c_str()), close);
    if (!entries) return false;
    while (const dirent* entry =
               ::readdir(entries.get())) { // NOLINT(concurrency-mt-unsafe): a stream of our own
        const std::string name = entry->d_name;
        if (name.find_first_not_of("0123456789") == std::string::npos && each(name)) return true;
    }
    return false;
}

bool is_pty(const struct stat& device)
{
    return major(device.st_rdev) >= first_pty_major && major(device.st_rdev) <= last_pty_major;
}

bool same_device(const struct stat& a, const struct stat& b)
{
    if (!S_ISCHR(a.st_mode) || a.st_rdev != b.st_rdev) return false;
    return !is_pty(b) || a.st_dev == b.st_dev; // each container numbers its ptys from 0
}

// The other end of the pty whose number is `index`: an open ptmx that says so in its fdinfo.
bool is_maker(const struct stat& held, const std::string& process, const std::string& descriptor,
              unsigned index)
{
    const bool maker = S_ISCHR(held.st_mode) && major(held.st_rdev) == pty_maker_major &&
                       minor(held.st_rdev) == pty_maker_minor;
    if (!maker) return false;
    std::ifstream info(process + "/fdinfo/" + descriptor);
    for (std::string word; info >> word;)
        if (unsigned number = 0; word == "tty-index:" && info >> number) return number == index;
    return false;
}

bool holds(const std::string& process, const struct stat& device)
{
    bool found = false;
    const bool made = any_numbered(process + "/fd", [&](const std::string& descriptor) {
        struct stat held {};
        if (::stat((process + "/fd/" + descriptor).c_str(), &held) != 0) return false;
        if (same_device(held, device)) found = true;
        return is_pty(device) && is_maker(held, process, descriptor, minor(device.st_rdev));
    });
    return found && !made;
}

} // namespace

std::optional<port_holder> find_holder(const struct stat& device)
{
    std::optional<port_holder> holder;
    any_numbered("/proc", [&](const std::string& pid) {
        const std::string process = "/proc/" + pid;
        if (!holds(process, device)) return false;
        holder.emplace();
        std::from_chars(pid.data(), pid.data() + pid.size(), holder->pid);
        std::ifstream name(process + "/comm");
        std::getline(name, holder->name);
        return true;
    });
    return holder;
}

} // namespace layerline::printer::serial
