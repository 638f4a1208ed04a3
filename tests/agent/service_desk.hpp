// What the tests of the agent share: its handler on a fake printer, a real store and real tokens.
#pragma once

#include "access/audit.hpp"
#include "access/store.hpp"
#include "access/token_service.hpp"
#include "agent/agent_service.hpp"
#include "agent/guarded_link.hpp"
#include "tests/access/scratch.hpp"
#include "tests/fakes/fake_printer_link.hpp"
#include "tests/fakes/memory_exchange.hpp"
#include "tests/fakes/memory_file_store.hpp"
#include "tests/fakes/run_task.hpp"
#include "transport/http_client.hpp"

#include <nlohmann/json.hpp>

namespace layerline::agent {

using nlohmann::json;

struct service_desk {
    access::scratch_folder folder;
    transport::net::io_context context;
    std::unique_ptr<access::store> store;
    std::unique_ptr<access::audit_log> audit;
    std::unique_ptr<access::token_service> tokens;
    policy owner;
    fakes::fake_printer_link printer;
    fakes::memory_file_store files;
    guarded_link guarded{printer, owner, open_audit()};
    std::unique_ptr<commands::plugin_api> commands =
        commands::make_plugin_api(guarded, files, {"agent-1", "0.1.0"});
    figures counts;
    std::unique_ptr<agent_service> service;

    explicit service_desk(service_limits limits = {})
    {
        open_tokens();
        service = std::make_unique<agent_service>(*tokens, *commands, owner, *audit, counts, limits);
        printer::printer_state idle;
        idle.now = printer::phase::idle;
        printer.become(idle);
    }

    void open_tokens()
    {
        tokens.reset();
        store.reset();
        auto opened = access::open_store({folder / "access.db"});
        REQUIRE(opened.has_value());
        store = std::move(*opened);
        tokens = access::make_token_service(*store);
    }
    access::audit_log& open_audit()
    {
        auto opened = access::open_audit_log(folder / "audit.jsonl");
        REQUIRE(opened.has_value());
        audit = std::move(*opened);
        return *audit;
    }

    access::new_token make_token(access::scope_set scopes)
    {
        access::token_spec spec;
        spec.name = "a test";
        spec.scopes = scopes;
        spec.all_printers = true;
        auto made = fakes::run(context, tokens->create(spec));
        REQUIRE(made.has_value());
        return *made;
    }

    struct told {
        unsigned http = 0;
        transport::fields headers;
        json body;
        int status() const { return body.at("Status").get<int>(); }
    };
    // One call straight to the handler, as if it had come in by that edge.
    told call(transport::edge via, const std::string& method, const std::string& target,
              transport::fields headers = {}, const std::string& body = "")
    {
        fakes::memory_exchange call(method, target, body);
        call.head.via = via;
        call.head.headers = std::move(headers);
        call.head.peer = "192.0.2.1";
        fakes::run(context, service->serve(call));
        REQUIRE(call.answer);
        CHECK(call.finished);
        return {call.answer->status, call.answer->headers, json::parse(call.sent, nullptr, false)};
    }
    told lan(const std::string& target, const std::string& secret, const std::string& method = "GET")
    {
        transport::fields headers;
        if (!secret.empty()) headers.set("authorization", "Bearer " + secret);
        return call(transport::edge::lan, method, target, std::move(headers));
    }
    told tunnel(const std::string& target, const std::string& scopes, const std::string& method = "GET")
    {
        transport::fields headers;
        headers.set("x-layerline-principal", "t-of-the-relay");
        headers.set("x-layerline-scopes", scopes);
        return call(transport::edge::tunnel, method, target, std::move(headers));
    }
};

// One request over HTTP to its end.
inline transport::task<service_desk::told> ask(std::shared_ptr<transport::requester> server,
                                               std::string method, std::string target,
                                               transport::fields headers, std::string body = "")
{
    transport::request_head head;
    head.method = std::move(method);
    head.target = std::move(target);
    head.headers = std::move(headers);
    head.headers.set("host", "test");
    std::shared_ptr<transport::body_source> content;
    if (!body.empty()) content = transport::make_body(std::move(body));
    service_desk::told told;
    auto answer = co_await server->send(std::move(head), std::move(content));
    if (answer.has_error()) throw boost::system::system_error(answer.error());
    auto text = co_await transport::read_all(*answer->body, 1 << 20);
    if (text.has_error()) throw boost::system::system_error(text.error());
    told.http = answer->head.status;
    told.headers = answer->head.headers;
    told.body = json::parse(*text, nullptr, false);
    co_return told;
}

} // namespace layerline::agent
