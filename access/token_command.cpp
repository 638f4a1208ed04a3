#include "access/token_command.hpp"

#include "access/audit.hpp"
#include "access/control_call.hpp"
#include "access/store.hpp"
#include "access/token_control.hpp"
#include "access/token_service.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <ctime>
#include <iostream>
#include <optional>

namespace layerline::access {

namespace {

using nlohmann::json;

std::string day_of(const json& unix_time)
{
    if (!unix_time.is_number_integer()) return "-";
    const auto seconds = static_cast<std::time_t>(unix_time.get<std::int64_t>());
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    return text;
}

void print_list(const json& tokens)
{
    std::printf("%-16s %-24s %-28s %-17s %-17s %s\n", "ID", "NAME", "SCOPES", "LAST USED", "EXPIRES",
                "STATE");
    for (const auto& token : tokens) {
        const bool revoked = !token["revoked"].is_null();
        const bool expired = token["expires"].is_number_integer() &&
                             token["expires"].get<std::int64_t>() <= std::time(nullptr);
        std::printf("%-16s %-24s %-28s %-17s %-17s %s\n", token["id"].get<std::string>().c_str(),
                    token["name"].get<std::string>().c_str(), token["scopes"].get<std::string>().c_str(),
                    day_of(token["last_used"]).c_str(), day_of(token["expires"]).c_str(),
                    revoked   ? "revoked"
                    : expired ? "expired"
                              : "live");
    }
}

int tell(const token_command& asked, unsigned status, const json& body, const std::string& error)
{
    if (status >= 300) {
        std::cerr << "token " << asked.verb << ": " << error << "\n";
        return 1;
    }
    if (asked.json) {
        std::cout << body.dump() << "\n";
    } else if (asked.verb == "create") {
        std::cout << "Token " << body["id"].get<std::string>() << " (" << body["scopes"].get<std::string>()
                  << "), shown this once:\n"
                  << body["secret"].get<std::string>() << "\n";
    } else if (asked.verb == "list") {
        print_list(body["tokens"]);
    } else {
        std::cout << "Token " << asked.id << " is revoked.\n";
    }
    return 0;
}

// Without a running program: the same service functions on the store itself.
transport::task<void> without_program(const token_command& asked, const std::string& request,
                                      token_service& tokens, int& exit_code)
{
    if (asked.verb == "create") {
        auto made = co_await tokens.create(std::get<token_spec>(parse_token_spec(request)));
        json body;
        if (made) {
            body = made->record;
            body["secret"] = made->secret;
        }
        exit_code = tell(asked, made ? 201 : 500, body, made ? "" : made.error().message());
    } else if (asked.verb == "list") {
        auto all = co_await tokens.list();
        json body{{"tokens", json::array()}};
        if (all)
            for (const auto& record : *all)
                body["tokens"].push_back(record);
        exit_code = tell(asked, all ? 200 : 500, body, all ? "" : all.error().message());
    } else {
        auto done = co_await tokens.revoke(asked.id);
        const bool revoked = done && *done;
        exit_code = tell(asked, revoked ? 200 : 404, {},
                         done ? "there is no live token with the id " + asked.id : done.error().message());
    }
}

int on_the_store(const token_command& asked, const std::string& request, const std::filesystem::path& state)
{
    std::error_code ignored;
    std::filesystem::create_directories(state, ignored);
    auto keeper = open_store({.file = state / "access.db"});
    if (!keeper) {
        std::cerr << "token " << asked.verb << ": the store in " << state
                  << " cannot be opened: " << keeper.error().message() << "\n";
        return 1;
    }
    auto tokens = make_token_service(**keeper);
    int exit_code = 1;
    transport::net::io_context context(1);
    transport::net::co_spawn(context, without_program(asked, request, *tokens, exit_code),
                             transport::net::detached);
    context.run();
    return exit_code;
}

} // namespace

long long parse_life(const std::string& text)
{
    long long count = 0;
    const auto* end = text.data() + text.size();
    const auto [unit, fault] = std::from_chars(text.data(), end, count);
    if (fault != std::errc{} || unit + 1 != end || count < 1 || count > 100'000'000) return 0;
    switch (*unit) {
    case 's':
        return count;
    case 'm':
        return count * 60;
    case 'h':
        return count * 3600;
    case 'd':
        return count * 86400;
    default:
        return 0;
    }
}

void add_token_command(CLI::App& program, token_command& into, bool counts_uploads)
{
    auto* token = program.add_subcommand("token", "make, list and revoke tokens");
    token->require_subcommand(1);
    auto* create = token->add_subcommand("create", "make a token; it is shown once");
    create->add_option("--name", into.name, "what it is for, such as \"phone\"")->required();
    create->add_option("--scopes", into.scopes, "of view,control,files,console,ui,admin")
        ->capture_default_str();
    create->add_option("--expires", into.life, "after this long: 90d, 12h, 30m (default: never)");
    create->add_option("--printer", into.printers, "agent id it is for; may be repeated (default: all)");
    if (counts_uploads)
        create
            ->add_option("--uploads-per-month", into.uploads_per_month,
                         "in a month of UTC; 0: any (default: what workshop.toml says)")
            ->check(CLI::Range(0, 100'000'000));
    auto* list = token->add_subcommand("list", "show all tokens, without their secrets");
    auto* revoke = token->add_subcommand("revoke", "end a token at once");
    revoke->add_option("id", into.id, "as `token list` shows it")->required();
    for (auto* verb : {create, list, revoke}) {
        verb->add_flag("--json", into.json, "one JSON object");
        verb->callback([&into, verb] { into.verb = verb->get_name(); });
    }
}

int run_token_command(const token_command& asked, const std::filesystem::path& state)
{
    json request{{"name", asked.name}, {"scopes", asked.scopes}};
    if (!asked.printers.empty()) request["printers"] = asked.printers;
    if (asked.uploads_per_month >= 0) request["uploads_per_month"] = asked.uploads_per_month;
    if (!asked.life.empty()) {
        const auto seconds = parse_life(asked.life);
        if (seconds == 0) {
            std::cerr << "token create: --expires takes a number with s, m, h or d, such as 90d\n";
            return 2;
        }
        request["lifetime_s"] = seconds;
    }
    const auto text = request.dump(-1, ' ', false, json::error_handler_t::replace);
    if (asked.verb == "create") {
        if (auto spec = parse_token_spec(text); const auto* wrong = std::get_if<std::string>(&spec)) {
            std::cerr << "token create: " << *wrong << "\n";
            return 2;
        }
    }
    const auto socket = control_socket_in(state);
    std::error_code ignored;
    if (std::filesystem::exists(socket, ignored)) {
        auto answer = asked.verb == "create" ? control_call(socket, "POST", "/control/tokens", text)
                      : asked.verb == "list"
                          ? control_call(socket, "GET", "/control/tokens", "")
                          : control_call(socket, "DELETE", "/control/tokens/" + asked.id, "");
        if (const auto* got = std::get_if<control_answer>(&answer)) {
            const auto body = json::parse(got->body, nullptr, false);
            return tell(asked, got->status, body, error_text_of(*got));
        }
    }
    return on_the_store(asked, text, state);
}

} // namespace layerline::access
