// The workshop beside a printer: what becomes of its operations when the agent says that it prints.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "transport/http_server.hpp"
#include "workshop/models/stl.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <thread>

#include <sched.h>
#include <sys/resource.h>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;
namespace transport = layerline::transport;

namespace {

// The control socket of an agent whose printer is in the phase that the test says; "" for an agent that
// cannot answer.
class agent_that_says : transport::service {
public:
    explicit agent_that_says(const std::string& phase) : phase_(phase)
    {
        transport::listen_options where;
        where.unix_path = socket();
        auto made = transport::listen_http(context_, where, *this);
        REQUIRE(made.has_value());
        server_ = *std::move(made);
        transport::net::co_spawn(context_, server_->run(), transport::net::detached);
        thread_ = std::thread([this] { context_.run(); });
    }
    ~agent_that_says() override
    {
        transport::net::post(context_, [this] { server_->stop(std::chrono::milliseconds(0)); });
        thread_.join();
    }
    agent_that_says(const agent_that_says&) = delete;
    agent_that_says& operator=(const agent_that_says&) = delete;

    std::filesystem::path socket() const { return folder_.path() / "control.sock"; }
    void say(const std::string& phase)
    {
        transport::net::post(context_, [this, phase] { phase_ = phase; });
    }
    // Until it was asked `more` times from now on: what it says is known then.
    void wait_until_asked(int more = 2) const
    {
        const auto from = asked_.load();
        const auto until = std::chrono::steady_clock::now() + seconds(60);
        while (asked_ < from + more) {
            REQUIRE(std::chrono::steady_clock::now() < until);
            std::this_thread::sleep_for(std::chrono::milliseconds(5)); // between two looks at the count
        }
    }

private:
    transport::task<void> serve(transport::exchange& call) override
    {
        transport::response_head head;
        head.status = phase_.empty() ? 500 : 200;
        auto body = json::object();
        body["printer"] = {{"phase", phase_}};
        auto text = body.dump();
        (void)co_await transport::respond_with(call, std::move(head), std::move(text));
        ++asked_;
    }

    temp_folder folder_;
    transport::net::io_context context_{1};
    std::string phase_;
    std::atomic<int> asked_{0};
    std::unique_ptr<transport::http_server> server_;
    std::thread thread_;
};

std::string beside(const agent_that_says& agent, const std::string& chosen)
{
    return "[jobs]\nat_once = 2\nwhile_printing = \"" + chosen + "\"\nagents = [\"" +
           agent.socket().string() + "\", \"/nonexistent/control.sock\"]\n";
}

std::string sphere()
{
    return workshop::binary_stl(workshop::shapes::sphere(50, 6));
}

std::string state_of(const workshop_rig& at, const std::string& id)
{
    return at.ask("GET", "/models/v1/operations/" + id).json().value("state", "");
}

void wait_for_no_children(const workshop_rig& at)
{
    const auto until = std::chrono::steady_clock::now() + seconds(60);
    while (!at.children().empty()) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        std::this_thread::sleep_for(std::chrono::milliseconds(5)); // between two looks at the processes
    }
}

int cores_of(pid_t process)
{
    cpu_set_t may{};
    REQUIRE(::sched_getaffinity(process, sizeof(may), &may) == 0);
    return CPU_COUNT(&may);
}

} // namespace

TEST_CASE("operations wait while a printer on the host prints, and those that ran are done anew",
          "[workshop][printing]")
{
    agent_that_says agent("idle");
    const workshop_rig at(beside(agent, "wait"));
    const auto file = at.upload(sphere());
    const auto running = at.begin("shrinkwrap", {{"inputId", file}, {"accuracy", "Rough"}});
    ::kill(at.wait_for_child(), SIGSTOP); // it would be over soon
    agent.say("printing");
    agent.wait_until_asked();
    wait_for_no_children(at);
    const auto waiting = at.begin("analyze", {{"inputId", file}});
    agent.say("paused");
    agent.wait_until_asked();
    CHECK(state_of(at, running) == "queued");
    CHECK(state_of(at, waiting) == "queued");
    CHECK(at.children().empty());
    // A process may die once, and not twice: this is no death.
    agent.say("finished");
    ::kill(at.wait_for_child(), SIGSTOP);
    agent.say("printing");
    agent.wait_until_asked();
    wait_for_no_children(at);
    agent.say("idle");
    CHECK(at.over(waiting)["state"] == "succeeded");
    CHECK(at.over(running)["state"] == "succeeded");
}

TEST_CASE("with a share of one, or an agent that cannot be asked, operations have one core behind all else",
          "[workshop][printing]")
{
    const bool known = GENERATE(true, false);
    agent_that_says agent(known ? "printing" : "");
    const workshop_rig at(beside(agent, known ? "one" : "wait"));
    const auto file = at.upload(sphere());
    const auto first = at.begin("shrinkwrap", {{"inputId", file}, {"accuracy", "Smooth"}});
    const auto second = at.begin("analyze", {{"inputId", file}});
    const auto child = at.wait_for_child();
    ::kill(child, SIGSTOP);
    agent.wait_until_asked(); // the share was set again meanwhile, for this process as well
    CHECK(cores_of(child) == 1);
    CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(child)) == 19);
    CHECK(at.children().size() == 1); // although two may run beside each other otherwise
    CHECK(state_of(at, second) == "queued");
    ::kill(child, SIGCONT);
    CHECK(at.over(first)["state"] == "succeeded");
    CHECK(at.over(second)["state"] == "succeeded");
}

TEST_CASE("operations run as ever where the owner says so, whatever prints", "[workshop][printing]")
{
    agent_that_says agent("printing");
    const workshop_rig at(beside(agent, "run"));
    CHECK(at.over(at.begin("analyze", {{"inputId", at.upload(sphere())}}))["state"] == "succeeded");
}
