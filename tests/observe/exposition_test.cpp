// Where figures are told, and to whom.
#include "observe/exposition.hpp"
#include "tests/fakes/run_task.hpp"
#include "transport/http_client.hpp"

#include <catch2/catch.hpp>
#include <prometheus/counter.h>

using namespace layerline;
using namespace layerline::observe;

namespace {

struct answered {
    unsigned status = 0;
    std::string body;
};

transport::task<answered> ask(std::shared_ptr<transport::requester> client, std::string method,
                              std::string target)
{
    transport::request_head head;
    head.method = std::move(method);
    head.target = std::move(target);
    answered all;
    auto got = co_await client->send(std::move(head), nullptr);
    if (!got) co_return all;
    all.status = got->head.status;
    auto body = co_await transport::read_all(*got->body, 1024UL * 1024);
    if (body) all.body = *body;
    co_return all;
}

} // namespace

TEST_CASE("the place for figures is a numeric address and a port, or off")
{
    const auto here = parse_metrics_place("127.0.0.1:9480");
    REQUIRE(here);
    CHECK(here->address == "127.0.0.1");
    CHECK(here->port == 9480);
    CHECK(parse_metrics_place("[::1]:0")->address == "::1");
    CHECK(parse_metrics_place("off")->address.empty());
    for (const auto* wrong : {"", "9480", "localhost:9480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
                              "::1:9480", "[127.0.0.1]:1", "on", "127.0.0.1:1x"}) {
        INFO(wrong);
        CHECK_FALSE(parse_metrics_place(wrong));
    }
}

TEST_CASE("figures are told as Prometheus reads them, brought up to date first, with those of the process")
{
    transport::net::io_context context(1);
    auto registry = std::make_shared<prometheus::Registry>();
    auto& counter =
        prometheus::BuildCounter().Name("things_total").Help("Things.").Register(*registry).Add({});
    exposition door(registry, [&] { counter.Increment(); });
    REQUIRE(door.open(context, {"127.0.0.1", 0}));
    REQUIRE(door.port() != 0);
    auto client = transport::make_http_client(context, "http://127.0.0.1:" + std::to_string(door.port()), {});
    const auto first = fakes::run(context, ask(client, "GET", "/metrics"));
    CHECK(first.status == 200);
    CHECK(first.body.find("# TYPE things_total counter\nthings_total 1\n") != std::string::npos);
    CHECK(first.body.find("process_resident_memory_bytes") != std::string::npos);
    CHECK(first.body.find("process_open_fds") != std::string::npos);
    const auto second = fakes::run(context, ask(client, "GET", "/metrics?x=1"));
    CHECK(second.body.find("things_total 2\n") != std::string::npos);
    CHECK(fakes::run(context, ask(client, "GET", "/")).status == 404);
    CHECK(fakes::run(context, ask(client, "POST", "/metrics")).status == 405);
    client.reset();
    door.close();
    context.restart();
    context.run_for(std::chrono::seconds(2));
}

TEST_CASE("switched off, nothing listens")
{
    transport::net::io_context context(1);
    exposition door(std::make_shared<prometheus::Registry>(), [] {});
    CHECK(door.open(context, {}));
    CHECK(door.port() == 0);
}
