// The way of one call: command, scope, method, arguments, terms, then the command's own function.
#include "commands/command_groups.hpp"
#include "transport/edge_fields.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace layerline::commands {

namespace {

namespace net = transport::net;
using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)

// How long the arguments may take to arrive when the caller gives no time of its own.
constexpr std::chrono::seconds argument_wait{15};

bool takes_method(const command_spec& spec, dialect how, std::string_view method)
{
    if (std::find(spec.methods.begin(), spec.methods.end(), method) != spec.methods.end()) return true;
    return how == dialect::seed && (method == "GET" || method == "POST" || method == "PUT");
}

std::string listed(std::span<const std::string_view> methods)
{
    std::string all;
    for (const auto method : methods) {
        if (!all.empty()) all += ", ";
        all += method;
    }
    return all;
}

std::string_view query_of(std::string_view target)
{
    target = target.substr(0, target.find('#'));
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

// The body's text, at most max_argument_bytes, within its time.
transport::task<outcome<std::string>> read_argument_body(transport::exchange& call)
{
    const auto body = call.body();
    if (body->remaining() == std::uint64_t{0}) co_return std::string();
    net::steady_timer timer(co_await net::this_coro::executor);
    timer.expires_at(call.request().deadline.value_or(transport::clock::now() + argument_wait));
    // As a tuple: the wait that loses ends without an exception, which would cost more than the command.
    auto either = co_await (transport::read_all(*body, max_argument_bytes) ||
                            timer.async_wait(net::as_tuple(net::use_awaitable)));
    if (either.index() == 1) co_return fail(751, "The body did not arrive in time.");
    auto& read = std::get<0>(either);
    if (read) co_return std::move(*read);
    if (read.error() == transport::errc::too_large)
        co_return fail(413, "The body is larger than " + std::to_string(max_argument_bytes) + " bytes.");
    co_return fail(751, "The body broke off.");
}

outcome<arguments> read_arguments(const command_spec& spec, dialect how, std::string_view query,
                                  std::string_view body)
{
    std::vector<argument> schema(spec.schema.begin(), spec.schema.end());
    if (spec.acts) schema.insert(schema.end(), terms_schema().begin(), terms_schema().end());
    return decode_arguments(schema, how, query, body);
}

class table_api final : public plugin_api {
public:
    table_api(printer::printer_link& printer, file_store& files, agent_facts facts, plugin_parts parts)
        : printer_(printer), files_(files), facts_(std::move(facts)), parts_(std::move(parts))
    {
    }

    transport::task<void> serve(transport::exchange& call, caller who, dialect how,
                                std::string command) override
    {
        command_context at{printer_,    files_,         facts_,         who,          call,
                           viewers_,    status_,        layers_,        how,          {},
                           {},          parts_.cameras, parts_.uploads, parts_.queue, parts_.logs,
                           parts_.host, &parts_.lan,    parts_.models};
        const auto given_id = call.request().headers.find("x-request-id");
        at.request_id = given_id && transport::valid_request_id(*given_id)
                            ? std::string(*given_id)
                            : "r-" + transport::new_request_id();

        const command_spec* spec = find_command(command);
        if (!spec) {
            co_await send_failure(at, nullptr,
                                  fail(754, "There is no command \"" + command.substr(0, 64) + "\"."), {});
            co_return;
        }
        if (!who.scopes.has(spec->needs)) {
            co_await send_failure(at, spec,
                                  fail(403, "This needs the scope \"" +
                                                std::string(access::name_of(spec->needs)) +
                                                "\", which the token does not have."),
                                  {});
            co_return;
        }
        if (!takes_method(*spec, how, call.request().method)) {
            const auto allowed = listed(spec->methods);
            transport::fields more;
            more.set("allow", allowed);
            co_await send_failure(at, spec, fail(405, "Call this with " + allowed + "."), std::move(more));
            co_return;
        }
        co_await run(at, *spec);
    }

private:
    static transport::task<void> send_failure(command_context& at, const command_spec* spec, failure why,
                                              transport::fields more)
    {
        const bool raw = spec && spec->run_raw;
        auto sealed = encode_failure(why, nullptr, at.request_id);
        co_await send_envelope(at, http_status_of(why.status, raw), std::move(sealed.text), std::move(more));
    }

    // Arguments and terms, then the command.
    static transport::task<void> run(command_context& at, const command_spec& spec)
    {
        arguments given;
        if (!spec.always) {
            std::string body;
            if (!spec.body_is_file && !at.call.body()->at_end()) {
                auto read = co_await read_argument_body(at.call);
                if (!read) {
                    co_await send_failure(at, &spec, read.error(), {});
                    co_return;
                }
                body = std::move(*read);
            }
            auto decoded = read_arguments(spec, at.how, query_of(at.call.request().target), body);
            if (!decoded) {
                co_await send_failure(at, &spec, decoded.error(), {});
                co_return;
            }
            given = std::move(*decoded);
        }
        if (spec.acts) {
            auto terms = read_terms(at.call.request(), given, at.who, transport::clock::now());
            if (!terms) {
                co_await send_failure(at, &spec, terms.error(), {});
                co_return;
            }
            at.terms = std::move(*terms);
        }
        if (spec.run_raw) {
            co_await spec.run_raw(at, given);
            co_return;
        }
        // An exception out of a command is a bug of ours: the caller hears 750, the agent goes on. A
        // cancellation passes through.
        command_answer answer;
        std::optional<std::string> thrown;
        try {
            answer = co_await spec.run(at, given);
        } catch (const boost::system::system_error& error) {
            if (error.code() == net::error::operation_aborted) throw;
            thrown = error.what();
        } catch (const std::exception& error) {
            thrown = error.what();
        }
        if (thrown) answer = command_answer(fail(750, "The agent failed inside: " + *thrown));
        auto sealed = sealed_answer(answer, at.request_id);
        co_await send_envelope(at, http_status_of(sealed.status, false), std::move(sealed.text));
    }

    static envelope sealed_answer(const command_answer& answer, std::string_view request_id)
    {
        if (answer.why)
            return encode_failure(*answer.why, answer.result.is_null() ? nullptr : &answer.result,
                                  request_id);
        if (!answer.text.empty()) return encode_success_text(answer.text, request_id);
        return encode_success(answer.result, request_id);
    }

    printer::printer_link& printer_;
    file_store& files_;
    agent_facts facts_;
    plugin_parts parts_;
    int viewers_ = 0;
    status_text status_;
    layer_cache layers_;
};

} // namespace

transport::task<void> send_envelope(command_context& at, unsigned http_status, std::string text,
                                    transport::fields more)
{
    transport::response_head head;
    head.status = http_status;
    head.headers = std::move(more);
    head.headers.set("content-type", "application/json");
    head.headers.set("cache-control", "no-store");
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("x-request-id", at.request_id);
    head.headers.set("content-length", std::to_string(text.size()));
    // A caller that has gone away is told nothing; whoever runs this ends the exchange.
    const auto begun = co_await at.call.respond(std::move(head));
    if (!begun) co_return;
    if (at.call.request().method != "HEAD") {
        const auto sent = co_await at.call.write(net::buffer(text));
        if (!sent) co_return;
    }
    (void)co_await at.call.finish();
}

transport::task<void> send_raw_failure(command_context& at, failure why, transport::fields more)
{
    auto sealed = encode_failure(why, nullptr, at.request_id);
    co_await send_envelope(at, http_status_of(why.status, true), std::move(sealed.text), std::move(more));
}

std::unique_ptr<plugin_api> make_plugin_api(printer::printer_link& printer, file_store& files,
                                            agent_facts facts, plugin_parts parts)
{
    return std::make_unique<table_api>(printer, files, std::move(facts), std::move(parts));
}

} // namespace layerline::commands
