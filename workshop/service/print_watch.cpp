#include "workshop/service/print_watch.hpp"

#include "transport/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <system_error>

namespace layerline::workshop {

namespace net = transport::net;
using transport::task;

namespace {

constexpr std::chrono::seconds between_looks{2}, patience{2};
constexpr std::size_t most_status = 256UL * 1024;

const char* in_words(host_share share)
{
    switch (share) {
    case host_share::none:
        return "a printer on this host prints: operations wait";
    case host_share::one_core:
        return "a printer on this host prints or may print: one operation on one core";
    case host_share::usual:
        break;
    }
    return "no printer on this host prints: operations run";
}

} // namespace

print_watch::print_watch(net::io_context& context, const std::vector<std::filesystem::path>& agents,
                         while_printing chosen, job_runner& runner)
    : chosen_(chosen), runner_(runner), timer_(context)
{
    if (chosen == while_printing::run) return;
    for (const auto& socket : agents)
        agents_.push_back({socket, transport::make_http_client(context, "unix:" + socket.string(), {})});
}

task<print_state> print_watch::state_of(const agent& one)
{
    std::error_code ignored;
    if (!std::filesystem::exists(one.socket, ignored)) co_return print_state::no_agent;
    transport::request_head head;
    head.method = "GET";
    head.target = "/control/status";
    head.headers.set("host", "control");
    head.deadline = transport::clock::now() + patience;
    auto answer = co_await one.ask->send(std::move(head), nullptr);
    if (!answer || answer->head.status != 200) co_return print_state::unknown;
    const auto text = co_await transport::read_all(*answer->body, most_status);
    co_return text ? print_state_in(*text) : print_state::unknown;
}

task<void> print_watch::look()
{
    std::vector<print_state> all;
    for (const auto& one : agents_)
        all.push_back(co_await state_of(one));
    const auto share = share_beside(all, chosen_);
    if (share != runner_.share()) spdlog::info("{}", in_words(share));
    runner_.set_share(share);
}

task<void> print_watch::run()
{
    while (!stopped_ && !agents_.empty()) {
        co_await look();
        if (stopped_) break;
        timer_.expires_after(between_looks);
        co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
    }
}

void print_watch::stop()
{
    stopped_ = true;
    timer_.cancel();
}

} // namespace layerline::workshop
