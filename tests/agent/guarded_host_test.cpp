// The owner's policy over send-command, and the log that is kept in memory.
#include "agent/guarded_host.hpp"
#include "agent/log_memory.hpp"
#include "tests/fakes/run_task.hpp"
#include "tests/fakes/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <spdlog/logger.h>

using namespace layerline::agent;
using layerline::printer::printer_errc;
namespace commands = layerline::commands;
namespace fakes = layerline::fakes;

namespace {

class counting_host final : public commands::host_api {
public:
    explicit counting_host(int& asked) : asked_(asked) {}
    layerline::transport::task<layerline::printer::printer_result<commands::host_answer>>
    ask(commands::host_request) override
    {
        ++asked_;
        commands::host_answer answer;
        answer.status = 201;
        co_return answer;
    }

private:
    int& asked_;
};

} // namespace

TEST_CASE("what changes something at the printer's host needs the owner's word, and all is noted", "[send]")
{
    fakes::scratch_folder folder;
    auto audit = layerline::access::open_audit_log(folder.at / "audit.jsonl");
    REQUIRE(audit.has_value());
    policy owner;
    int asked = 0;
    guarded_host host(std::make_unique<counting_host>(asked), owner, **audit);
    boost::asio::io_context context;
    const auto status = [&](const char* method) {
        commands::host_request what;
        what.method = method;
        what.path = "/printer/print/start?filename=a.gcode";
        what.principal = "t-abc";
        return fakes::run(context, host.ask(what));
    };
    CHECK(status("GET")->status == 201);
    CHECK(status("HEAD")->status == 201);
    for (const auto* method : {"POST", "PUT", "PATCH", "DELETE"})
        CHECK(status(method).error().code == printer_errc::forbidden);
    CHECK(asked == 2);
    owner.send_command_writes = true;
    CHECK(status("POST")->status == 201);
    const auto noted = folder.text_of("audit.jsonl");
    CHECK(noted.find("forbidden_by_policy") != std::string::npos);
    CHECK(noted.find("POST /printer/print/start\"") != std::string::npos); // without its query
    CHECK(noted.find("t-abc") != std::string::npos);
    const auto read = parse_policy("send_command_writes = true\n");
    REQUIRE(std::holds_alternative<policy>(read));
    CHECK(std::get<policy>(read).send_command_writes);
    CHECK_FALSE(std::get<policy>(parse_policy("")).send_command_writes);
}

TEST_CASE("the log in memory keeps the newest lines, cut to a length", "[log]")
{
    const auto kept = std::make_shared<log_memory>();
    spdlog::logger logger("test", kept);
    logger.set_pattern("%l %v");
    CHECK(kept->newest(10).empty());
    for (int i = 0; i < 1500; ++i)
        logger.info("line {}", i);
    CHECK(kept->newest(2) == "info line 1498\ninfo line 1499\n");
    const auto all = kept->newest(1'000'000);
    CHECK(all.starts_with("info line 1000\n"));
    CHECK(kept->newest(0).empty());
    logger.info("pairing code ABCD-EFGH, good for 10 minutes");
    CHECK(kept->newest(1) == "info line 1499\n"); // a secret is not kept
    logger.warn("{}", std::string(5000, 'x'));
    CHECK(kept->newest(1).size() == log_memory::longest_line + 1);
}
