#include "transport/doorkeeper.hpp"

#include "transport/date_field.hpp"
#include "transport/edge_fields.hpp"
#include "transport/http_exchange.hpp"
#include "transport/http_head.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace layerline::transport {

namespace {

constexpr auto as_result = net::as_tuple(net::use_awaitable);
constexpr std::size_t told_at_once = 32;
// A TLS handshake included. The others wait meanwhile, as many at once as there are kept descriptors.
constexpr no_room no_descriptors{503, "out of file descriptors", std::chrono::milliseconds(250)};
constexpr std::string_view retry_after = "5"; // seconds

std::size_t descriptors_to_keep()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    return std::clamp<std::size_t>(limit.rlim_cur / 128, 1, 8);
}

} // namespace

// What was taken for telling somebody goes back when that is over, however it ends.
struct doorkeeper::telling {
    telling(std::shared_ptr<doorkeeper> by, std::shared_ptr<byte_stream> to, bool in_need)
        : desk(std::move(by)), caller(std::move(to)), borrowed(in_need)
    {
        ++desk->being_told_;
        if (borrowed) ++desk->lent_;
    }
    telling(const telling&) = delete;
    telling& operator=(const telling&) = delete;
    ~telling()
    {
        --desk->being_told_;
        caller->close(false);
        if (!borrowed) return;
        desk->said_.remove(this);
        --desk->lent_;
        desk->restore();
    }

    std::shared_ptr<doorkeeper> desk;
    std::shared_ptr<byte_stream> caller;
    bool borrowed; // its descriptor is one of the kept ones
};

doorkeeper::doorkeeper(const net::io_executor& executor) : wanted_(descriptors_to_keep()), changed_(executor)
{
    refill();
}

doorkeeper::~doorkeeper()
{
    for (const int each : kept_)
        ::close(each);
}

void doorkeeper::turn_away(const std::shared_ptr<byte_stream>& caller, no_room because)
{
    if (being_told_ >= told_at_once) return caller->close(false);
    auto all = std::make_shared<telling>(shared_from_this(), caller, false);
    net::co_spawn(caller->executor(), tell(std::move(all), because), net::detached);
}

void doorkeeper::turn_away_in_need(const std::shared_ptr<byte_stream>& caller)
{
    auto all = std::make_shared<telling>(shared_from_this(), caller, true);
    net::co_spawn(caller->executor(), tell(std::move(all), no_descriptors), net::detached);
}

bool doorkeeper::make_room()
{
    if (!kept_.empty()) {
        ::close(kept_.back());
        kept_.pop_back();
        return true;
    }
    if (said_.empty()) return false;
    // The answer is with the kernel, what had come of the request was read: nothing is lost by closing now.
    auto& oldest = *said_.front();
    said_.pop_front();
    oldest.borrowed = false;
    --lent_;
    oldest.caller->close(false);
    return true;
}

void doorkeeper::refill()
{
    while (kept_.size() + lent_ < wanted_) {
        const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (number < 0) break; // another time
        kept_.push_back(number);
    }
}

void doorkeeper::restore()
{
    refill();
    changed_.cancel();
}

task<void> doorkeeper::change(std::chrono::milliseconds at_most)
{
    changed_.expires_after(at_most);
    co_await changed_.async_wait(as_result);
}

// The request is read, as far as it comes, so that closing does not take the answer away.
task<void> doorkeeper::tell(std::shared_ptr<telling> all, no_room because)
{
    const auto& caller = all->caller;
    const auto by = clock::now() + because.time;
    caller->read_by(by);
    caller->write_limits(because.time, by);
    if (caller->tls() != nullptr) {
        const auto agreed = co_await caller->handshake(net::ssl::stream_base::server);
        if (!agreed) co_return;
    }
    const auto id = new_request_id();
    auto body = error_body(because.status, because.why, id);
    body.insert(body.size() - 1, std::string(",\"RetryAfterSec\":").append(retry_after));
    const fields headers{{"date", date_now()},
                         {"content-type", "application/json"},
                         {"content-length", std::to_string(body.size())},
                         {"x-request-id", id},
                         {"retry-after", std::string(retry_after)},
                         {"connection", "close"}};
    const auto head = write_response(because.status, headers).value_or("");
    const std::array<net::const_buffer, 3> parts{net::buffer(head), net::buffer(body)};
    const auto sent = co_await caller->write(parts);
    if (!sent) co_return;
    caller->shutdown_send();
    if (all->borrowed) {
        all->desk->said_.push_back(all.get());
        all->desk->changed_.cancel();
    }
    std::array<char, 4096> waste; // NOLINT(cppcoreguidelines-pro-type-member-init): written only
    for (;;) {
        const auto got = co_await caller->read_some(net::buffer(waste));
        if (!got || *got == 0) break;
    }
}

} // namespace layerline::transport
