// Many clients at once, while processes of operations are killed, and the service itself: all end, none is
// lost.
#include "workshop_rig.hpp"

#include "tests/workshop/shapes.hpp"
#include "workshop/models/stl.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

using namespace layerline::tests;
using nlohmann::json;
namespace workshop = layerline::workshop;

namespace {

struct load {
    int clients = 4, jobs_each = 4, kills_of_service = 1;
    std::chrono::milliseconds between_kills{1000};
};

// Kilobytes of resident memory.
long resident_kb(pid_t of)
{
    std::ifstream in("/proc/" + std::to_string(of) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return 0;
}

// Asks until there is an answer: the service may be away for a moment, or full.
web_answer insist(const workshop_rig& at, std::mutex& starting, const std::string& method,
                  const std::string& target, const std::string& body)
{
    const auto until = std::chrono::steady_clock::now() + seconds(300);
    for (;;) {
        web_request asked;
        asked.method = method;
        {
            const std::lock_guard lock(starting);
            asked.url = at.url + target;
        }
        asked.token = at.token;
        asked.body = body;
        asked.patience = seconds(60);
        auto answer = web(asked);
        if ((answer.status != 0 && answer.status != 503) || std::chrono::steady_clock::now() > until)
            return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(50)); // as a client that was told to wait
    }
}

void run_under(const load& what)
{
    workshop_rig at("[jobs]\nat_once = 2\nmemory_mb = 512\n");
    const auto model = workshop::binary_stl(workshop::shapes::sphere(50, 6));
    std::mutex starting;
    std::atomic<int> ended = 0, accepted = 0, died = 0;
    std::atomic<bool> over = false;
    std::mutex telling;
    std::vector<std::string> wrong;
    const auto client = [&](int number) {
        const auto fail = [&](const std::string& text) {
            const std::lock_guard lock(telling);
            wrong.push_back(text);
        };
        const auto uploaded = insist(at, starting, "POST", "/models/v1/files?name=part.stl", model);
        const auto file = uploaded.status == 201 ? uploaded.json().value("fileId", "") : "";
        if (file.empty()) {
            fail("upload: " + std::to_string(uploaded.status) + uploaded.body + uploaded.error);
            return;
        }
        const std::array<std::pair<const char*, json>, 4> mix{
            {{"/import", {{"fileId", file}}},
             {"/analyze", {{"inputId", file}}},
             {"/repair", {{"inputId", file}}},
             {"", {{"steps", {{{"operation", "import"}, {"fileId", file}}, {{"operation", "analyze"}}}}}}}};
        for (int i = 0; i < what.jobs_each; ++i) {
            const auto& [name, body] = mix.at(static_cast<std::size_t>(number + i) % mix.size());
            const auto begun =
                insist(at, starting, "POST", std::string("/models/v1/operations") + name, body.dump());
            if (begun.status != 202) {
                fail("begin: " + std::to_string(begun.status) + begun.body + begun.error);
                continue;
            }
            ++accepted;
            const auto id = begun.json().value("operationId", "");
            for (const auto until = std::chrono::steady_clock::now() + seconds(300);;) {
                const auto told = insist(at, starting, "GET", "/models/v1/operations/" + id, {});
                const auto state = told.status == 200 ? told.json().value("state", "") : "";
                // A job whose processes were killed twice may have failed with 74; it has ended.
                const bool dead = state == "failed" && workshop_rig::code_of(told.json()) == 74;
                if (state == "succeeded" || dead) {
                    ++ended;
                    died += dead ? 1 : 0;
                    break;
                }
                if (told.status != 200 || state == "failed" || std::chrono::steady_clock::now() > until) {
                    fail(id + ": " + std::to_string(told.status) + told.body + told.error);
                    break;
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(100)); // what a polling client does
            }
        }
    };
    std::vector<std::thread> clients;
    for (int i = 0; i < what.clients; ++i)
        clients.emplace_back(client, i);
    std::thread waiting([&] {
        for (auto& one : clients)
            one.join();
        over = true;
    });
    long most_kb = 0;
    int killed = 0, service_killed = 0;
    const auto all = what.clients * what.jobs_each;
    for (auto next = std::chrono::steady_clock::now() + what.between_kills; !over;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        most_kb = std::max(most_kb, resident_kb(at.service->pid()));
        if (service_killed < what.kills_of_service &&
            ended >= all * (service_killed + 1) / (what.kills_of_service + 1)) {
            const std::lock_guard lock(starting);
            at.service->signal(SIGKILL);
            (void)at.service->wait();
            at.start();
            ++service_killed;
        }
        if (std::chrono::steady_clock::now() < next) continue;
        next += what.between_kills;
        for (const auto child : at.children())
            if (::kill(child, SIGKILL) == 0) {
                ++killed;
                break;
            }
    }
    waiting.join();
    for (const auto& text : wrong)
        UNSCOPED_INFO(text);
    CHECK(wrong.empty());
    CHECK(accepted == all);
    CHECK(ended == all);
    // It takes two killed processes to end one with 74: none died of anything else.
    CHECK(2 * died <= killed);
    CHECK(service_killed == what.kills_of_service);
    CHECK(most_kb < 256L * 1024);
    WARN(all << " operations of " << what.clients << " clients, " << died << " of them ended with 74, "
             << killed << " processes and " << service_killed << " services killed, the service's peak "
             << most_kb / 1024 << " MiB");
    CHECK(at.service->stop() == 0);
}

} // namespace

// The whole of it, 200 operations of 20 clients with a process killed every 5 s and the service twice, with
// LAYERLINE_FULL_MATRIX.
TEST_CASE("operations of many clients all end while processes and the service are killed", "[workshop]")
{
    load what;
    if (std::getenv("LAYERLINE_FULL_MATRIX") != nullptr) what = {20, 10, 2, std::chrono::milliseconds(5000)};
    run_under(what);
}
