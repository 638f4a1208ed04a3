// What the tests of the Plugin API share: the API on fakes, and one call made and taken apart.
#pragma once

#include "commands/plugin_api.hpp"
#include "tests/fakes/fake_printer_link.hpp"
#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/memory_file_store.hpp"
#include "tests/fakes/run_task.hpp"

#include <nlohmann/json.hpp>

namespace layerline::commands {

using nlohmann::json;

inline printer::printer_state in_phase(printer::phase now)
{
    printer::printer_state state;
    state.now = now;
    return state;
}

inline printer::printer_state printing(const std::string& path)
{
    auto state = in_phase(printer::phase::printing);
    state.job.emplace();
    state.job->id = "j-0123456789abcdef";
    state.job->path = path;
    return state;
}

struct api_desk {
    transport::net::io_context context;
    fakes::fake_printer_link printer;
    fakes::memory_file_store files;
    std::unique_ptr<plugin_api> api = make_plugin_api(printer, files, {"agent-1", "0.1.0"});
    caller who{"t-abc", {access::scope::view, access::scope::control, access::scope::files}};
    dialect how = dialect::exact;

    api_desk() { printer.become(in_phase(printer::phase::idle)); }

    void serve(transport::exchange& call, const std::string& command)
    {
        fakes::run(context, api->serve(call, who, how, command));
    }

    // One call to its end; the envelope, and the whole exchange for who wants to look.
    struct told {
        fakes::memory_exchange call;
        json body;
        int status() const { return body.at("Status").get<int>(); }
        std::string error() const { return body.at("Error").get<std::string>(); }
        std::string cause() const { return body.at("Cause").at("Code").get<std::string>(); }
        unsigned http() const { return call.answer->status; }
    };
    std::unique_ptr<told> call(const std::string& method, const std::string& command,
                               const std::string& query = "", const std::string& body = "",
                               transport::fields headers = {})
    {
        auto all = std::make_unique<told>();
        all->call.head.method = method;
        all->call.head.target = "/plugin-api/v1/" + command + (query.empty() ? "" : "?" + query);
        all->call.head.headers = std::move(headers);
        all->call.content = transport::make_body(body);
        serve(all->call, command);
        REQUIRE(all->call.answer);
        if (all->call.header("content-type") == "application/json" && !all->call.sent.empty())
            all->body = json::parse(all->call.sent);
        return all;
    }
};

} // namespace layerline::commands
