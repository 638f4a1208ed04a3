#include "printer/serial/descriptor_store.hpp"

#include <algorithm>
#include <poll.h>

namespace layerline::printer::serial {
namespace {

// As systemd has them: up to 255 printable characters without a colon.
bool good_name(std::string_view name)
{
    return !name.empty() && name.size() <= 255 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

} // namespace

child_news descriptor_store::take(std::string_view datagram, std::vector<owned_fd> with)
{
    child_news news;
    bool keep = false, forget = false;
    std::string name = "stored";
    while (!datagram.empty()) {
        const auto end = std::min(datagram.find('\n'), datagram.size());
        const std::string_view line = datagram.substr(0, end);
        datagram.remove_prefix(std::min(end + 1, datagram.size()));
        if (line == "READY=1") news.ready = true;
        if (line == "WATCHDOG=1") news.alive = true;
        if (line == "STOPPING=1") news.stopping = true;
        if (line == "FDSTORE=1") keep = true;
        if (line == "FDSTOREREMOVE=1") forget = true;
        if (line.starts_with("FDNAME=") && good_name(line.substr(7))) name = line.substr(7);
    }
    if (forget) std::erase_if(kept_, [&](const kept_descriptor& one) { return one.name == name; });
    if (!keep) return news;
    // The newest of a name counts: a port that was opened anew takes the place of the one before.
    std::erase_if(kept_, [&](const kept_descriptor& one) { return one.name == name; });
    for (auto& fd : with)
        if (kept_.size() < most) kept_.push_back({name, std::move(fd)});
    return news;
}

void descriptor_store::drop_hung_up()
{
    std::erase_if(kept_, [](const kept_descriptor& one) {
        pollfd look{one.fd.get(), 0, 0};
        return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    });
}

} // namespace layerline::printer::serial
