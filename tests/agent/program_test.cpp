// The program itself: started, asked, killed, started again.
#include "tests/access/scratch.hpp"
#include "tests/agent/service_desk.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

using namespace layerline;
using namespace layerline::agent;

namespace {

const std::string program = LAYERLINE_AGENT_PROGRAM;

struct outcome {
    int exit_code = -1;
    std::string said; // on standard output
};

// Runs one command to its end.
outcome run_command(const std::string& arguments)
{
    FILE* pipe = popen((program + " " + arguments + " 2>/dev/null").c_str(), "r");
    REQUIRE(pipe != nullptr);
    outcome all;
    char part[512];
    while (const auto count = fread(part, 1, sizeof part, pipe))
        all.said.append(part, count);
    const int status = pclose(pipe);
    if (WIFEXITED(status)) all.exit_code = WEXITSTATUS(status);
    return all;
}

// An agent of its own process; up once its line on standard output is here.
class agent_program {
public:
    agent_program(const std::filesystem::path& config, const std::filesystem::path& state)
    {
        int out[2];
        REQUIRE(pipe2(out, O_CLOEXEC) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            dup2(out[1], 1);
            execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--state", state.c_str(),
                  nullptr);
            _exit(127);
        }
        close(out[1]);
        out_ = out[0];
        facts = next_facts();
    }
    ~agent_program()
    {
        end(SIGKILL);
        close(out_);
    }
    // Its next line on standard output.
    json next_facts() const
    {
        std::string line;
        char c = 0;
        pollfd ready{out_, POLLIN, 0};
        while (poll(&ready, 1, 30'000) == 1 && read(out_, &c, 1) == 1 && c != '\n')
            line += c;
        return json::parse(line, nullptr, false);
    }
    agent_program(const agent_program&) = delete;
    agent_program& operator=(const agent_program&) = delete;
    // Its exit code, or minus the signal that ended it.
    int end(int signal)
    {
        if (pid_ <= 0) return 0;
        if (signal != 0) kill(pid_, signal);
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    json facts; // lan, agent_id, control, pid

private:
    pid_t pid_ = -1;
    int out_ = -1;
};

struct installation {
    access::scratch_folder folder;
    std::filesystem::path config = folder / "agent.toml", state = folder / "state";
    installation()
    {
        access::put_file(config, "[printer]\nsocket = \"" + (folder / "none.sock").string() +
                                     "\"\n[lan]\nlisten = \"127.0.0.1:0\"\n");
    }
    std::string on_state(const std::string& command) { return "--state " + state.string() + " " + command; }
    unsigned ping(const agent_program& agent, const std::string& secret)
    {
        transport::net::io_context context;
        auto client = transport::make_http_client(context, agent.facts.at("lan").get<std::string>(), {});
        return fakes::run(context,
                          ask(client, "GET", "/plugin-api/v1/ping", {{"authorization", "Bearer " + secret}}))
            .http;
    }
};

} // namespace

TEST_CASE_METHOD(installation, "tokens, key and exit codes outlive a killed agent")
{
    CHECK(run_command(on_state("status")).exit_code == 3);
    auto first = std::make_unique<agent_program>(config, state);
    REQUIRE(first->facts.is_object());
    const auto made = run_command(on_state("token create --name test --json"));
    REQUIRE(made.exit_code == 0);
    const auto secret = json::parse(made.said).at("secret").get<std::string>();
    CHECK(ping(*first, secret) == 200);

    const auto status = run_command(on_state("status --json"));
    CHECK(status.exit_code == 0);
    CHECK(json::parse(status.said).at("agent_id") == first->facts.at("agent_id"));
    CHECK(json::parse(status.said).at("printer").at("phase") == "offline");

    CHECK(first->end(SIGKILL) == -SIGKILL);
    CHECK(run_command(on_state("status")).exit_code == 3);
    agent_program second(config, state);
    REQUIRE(second.facts.is_object());
    CHECK(second.facts.at("agent_id") == first->facts.at("agent_id"));
    CHECK(ping(second, secret) == 200);
    CHECK(ping(second, "ll_other") == 401);
    CHECK(second.end(SIGTERM) == 0);
}

TEST_CASE_METHOD(
    installation,
    "a token made while no agent runs is there when it starts; its secret stands alone on a line")
{
    const auto made = run_command(on_state("token create --name early --scopes view"));
    REQUIRE(made.exit_code == 0);
    const auto last = made.said.substr(made.said.rfind('\n', made.said.size() - 2) + 1);
    agent_program agent(config, state);
    CHECK(ping(agent, last.substr(0, last.size() - 1)) == 200);
}

TEST_CASE_METHOD(installation, "one agent a state folder; a new key goes to the one that runs, and it stays")
{
    agent_program agent(config, state);
    REQUIRE(agent.facts.is_object());
    CHECK(run_command("--config " + config.string() + " " + on_state("")).exit_code == 1);
    const auto made = run_command(on_state("token create --name kept --scopes view --json"));
    const auto renewed = run_command(on_state("rekey"));
    INFO(renewed.said);
    REQUIRE(renewed.exit_code == 0);
    auto id = agent.facts.at("agent_id").get<std::string>();
    CHECK(renewed.said != id + "\n");
    const auto again = agent.next_facts(); // it says so once it serves anew
    REQUIRE(again.is_object());
    id = again.at("agent_id").get<std::string>();
    CHECK(renewed.said == id + "\n");
    CHECK(again.at("pid") == agent.facts.at("pid"));
    agent.facts = again;
    CHECK(ping(agent, json::parse(made.said).at("secret").get<std::string>()) == 200);
    CHECK(agent.end(SIGINT) == 0);
    const auto fresh = run_command(on_state("rekey"));
    CHECK(fresh.exit_code == 0);
    CHECK(fresh.said != id + "\n");
}

TEST_CASE_METHOD(installation, "what is wrong with command line, configuration or policy is exit code 2")
{
    CHECK(run_command("--config " + config.string() + " --check").exit_code == 0);
    CHECK(run_command("--no-such-option").exit_code == 2);
    CHECK(run_command("--check --config " + (folder / "missing.toml").string()).exit_code == 2);
    access::put_file(folder / "policy.toml", "forbiden_scopes = []\n");
    access::put_file(config, "[policy]\nfile = \"" + (folder / "policy.toml").string() + "\"\n");
    CHECK(run_command("--check --config " + config.string()).exit_code == 2);
    access::put_file(config, "[lan]\nlissen = 1\n");
    CHECK(run_command("--check --config " + config.string()).exit_code == 2);
}
