#include "workshop/service/callback_sender.hpp"

#include "transport/dial_address.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"
#include "transport/resolve.hpp"
#include "workshop/jobs/embedded_queue.hpp"
#include "workshop/service/callback.hpp"
#include "workshop/service/model_answer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace layerline::workshop {

namespace net = transport::net;
using nlohmann::json;
using transport::clock;
using transport::task;

namespace {

constexpr std::chrono::seconds between_looks{1};

} // namespace

callback_sender::callback_sender(net::io_context& context, ledger_thread& kept, callback_options options)
    : context_(context), kept_(kept), options_(std::move(options)), timer_(context)
{
}

task<void> callback_sender::run()
{
    while (!stopped_) {
        auto look = [](ledger& kept) { return kept.job_to_tell(unix_now()); };
        auto next = co_await kept_.ask(std::move(look));
        if (next.has_value() && *next) {
            co_await tell(**std::move(next));
            continue;
        }
        if (stopped_) co_return;
        timer_.expires_after(between_looks);
        (void)co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
    }
}

void callback_sender::stop()
{
    stopped_ = true;
    timer_.cancel();
}

task<void> callback_sender::tell(job_record job)
{
    auto body = job_json(job, std::nullopt).dump(-1, ' ', false, json::error_handler_t::replace);
    const bool taken = co_await post(job.callback, std::move(body));
    const auto wait = taken ? std::nullopt : next_try_after(job.tells + 1);
    if (!taken)
        spdlog::info("operation {}: its callback was not taken, try {}{}", job.id, job.tells + 1,
                     wait ? "" : "; given up");
    const auto again = wait ? unix_now() + wait->count() : 0;
    auto note = [id = job.id, again](ledger& kept) { return kept.job_told(id, again); };
    auto noted = co_await kept_.ask(std::move(note));
    if (noted.has_value()) co_return;
    // Not to be told without end while the store fails.
    spdlog::error("operation {}: {}", job.id, text_of(noted.error()));
    timer_.expires_after(between_looks);
    (void)co_await timer_.async_wait(net::as_tuple(net::use_awaitable));
}

task<bool> callback_sender::post(std::string url, std::string body)
{
    const auto to = transport::parse_address(url);
    if (!to) co_return false;
    const auto by = clock::now() + options_.patience;
    const auto found = co_await transport::resolve(to->host, to->port, by);
    if (!found) co_return false;
    // All of a name's addresses, so that none is tried that nobody looked at. Without TLS the connection goes
    // to the address that was looked at; with it the certificate says who answers.
    for (const auto& one : *found)
        if (!callback_address_allowed(one.address().to_string(), options_.local)) co_return false;
    const auto address = found->front().address();
    const auto numeric = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    const auto host = to->host.find(':') == std::string::npos ? to->host : "[" + to->host + "]";
    const auto base = (to->tls ? "https://" + host : "http://" + numeric) + ":" + std::to_string(to->port);
    auto signature = signature_of(options_.secret, unix_now(), body);
    if (!signature) co_return false;
    transport::client_options options;
    options.allow_insecure = true; // who wants to be told without TLS may be
    const auto client = transport::make_http_client(context_, base, options);
    transport::request_head head;
    head.method = "POST";
    head.target = to->path;
    head.deadline = by;
    head.headers.set("host", to->host_field);
    head.headers.set("content-type", "application/json");
    head.headers.set("user-agent", "layerline-workshop");
    head.headers.set("x-layerline-signature", *signature);
    const auto answer = co_await client->send(std::move(head), transport::make_body(std::move(body)));
    co_return answer && answer->head.status >= 200 && answer->head.status < 300;
}

} // namespace layerline::workshop
