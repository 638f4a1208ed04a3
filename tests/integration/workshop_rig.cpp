#include "workshop_rig.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

namespace layerline::tests {

using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds between_looks{20};

} // namespace

workshop_rig::workshop_rig(const std::string& toml, std::filesystem::path program)
    : program_(std::move(program))
{
    // Programs under test run beside each other: none takes the default port for its figures.
    std::ofstream(path("workshop.toml")) << toml << "[metrics]\nlisten = \"127.0.0.1:0\"\n";
    start();
    token = make_token("files");
}

void workshop_rig::start()
{
    std::filesystem::remove(path("ready"));
    service.reset();
    service.emplace(std::vector<std::string>{program_.string(), "--state", path("state").string(), "--config",
                                             path("workshop.toml").string(), "serve", "--listen",
                                             "127.0.0.1:0", "--ready", path("ready").string()},
                    path("workshop.log"));
    service->wait_for_file(path("ready"));
    const auto facts = json::parse(content_of(path("ready")), nullptr, false);
    REQUIRE(facts.is_object());
    url = facts.value("url", "");
    metrics = facts.value("metrics", "");
}

std::string workshop_rig::make_token(const std::string& scopes, const std::vector<std::string>& more) const
{
    std::vector<std::string> words{program_.string(),
                                   "--state",
                                   path("state").string(),
                                   "token",
                                   "create",
                                   "--name",
                                   "test",
                                   "--scopes",
                                   scopes,
                                   "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto made = run(words);
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
    return json::parse(made.output).value("secret", "");
}

web_answer workshop_rig::ask(const std::string& method, const std::string& target, const std::string& body,
                             const std::string& content_type) const
{
    web_request asked;
    asked.method = method;
    asked.url = url + target;
    asked.token = token;
    asked.body = body;
    asked.patience = seconds(60);
    if (!content_type.empty()) asked.headers.set("content-type", content_type);
    return web(asked);
}

std::string workshop_rig::upload(const std::string& bytes) const
{
    const auto answer = ask("POST", "/models/v1/files?name=part.stl", bytes, "application/octet-stream");
    INFO(answer.status << ' ' << answer.body << answer.error);
    REQUIRE(answer.status == 201);
    return answer.json().value("fileId", "");
}

std::string workshop_rig::begin(const std::string& operation, const json& parameters) const
{
    const auto answer =
        ask("POST", "/models/v1/operations/" + operation, parameters.dump(), "application/json");
    INFO(answer.status << ' ' << answer.body << answer.error);
    REQUIRE(answer.status == 202);
    return answer.json().value("operationId", "");
}

json workshop_rig::over(const std::string& id, seconds patience) const
{
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto answer = ask("GET", "/models/v1/operations/" + id);
        INFO(answer.status << ' ' << answer.body << answer.error);
        REQUIRE(answer.status == 200);
        auto told = answer.json();
        if (told["state"] != "queued" && told["state"] != "running") return told;
        REQUIRE(std::chrono::steady_clock::now() < until);
        std::this_thread::sleep_for(between_looks); // what a polling client does
    }
}

int workshop_rig::code_of(const web_answer& answer)
{
    const auto body = answer.json();
    return body.is_object() && body.contains("errors") ? code_of(body) : 0;
}

int workshop_rig::code_of(const json& operation)
{
    const auto& errors = operation["errors"];
    return errors.is_array() && !errors.empty() ? errors[0].value("code", 0) : 0;
}

static std::string command_line(pid_t of)
{
    std::ifstream in("/proc/" + std::to_string(of) + "/cmdline", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<pid_t> workshop_rig::children() const
{
    std::vector<pid_t> all;
    const auto tasks = "/proc/" + std::to_string(service->pid()) + "/task";
    for (const auto& thread : std::filesystem::directory_iterator(tasks)) {
        std::ifstream in(thread.path() / "children");
        for (pid_t one = 0; in >> one;)
            all.push_back(one);
    }
    return all;
}

pid_t workshop_rig::wait_for_child(seconds patience) const
{
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        // Not before it is a program of its own: until then whoever stops it stops the service with it.
        for (const auto one : children())
            if (command_line(one) != command_line(service->pid())) return one;
        REQUIRE(std::chrono::steady_clock::now() < until);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace layerline::tests
