#include "commands/moonraker_api.hpp"

#include "commands/host_call.hpp"
#include "transport/error.hpp"

#include <array>
#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
using transport::task;

namespace {

// What a caller has a use for; the rest belongs to the connection.
constexpr std::array<std::string_view, 6> told_on{"content-type",  "content-length", "etag",
                                                  "last-modified", "location",       "content-disposition"};

class moonraker_api final : public host_api {
public:
    moonraker_api(transport::net::io_context& home, moonraker_store_options options)
        : far_(home, std::move(options))
    {
    }

    task<printer_result<host_answer>> ask(host_request what) override
    {
        auto head = far_.head_for(std::move(what.method), std::move(what.path));
        head.deadline = transport::clock::now() + what.within;
        for (auto& [name, value] : what.headers)
            head.headers.set(name, value);
        std::shared_ptr<transport::body_source> body;
        if (!what.body.empty()) {
            head.headers.set("content-length", std::to_string(what.body.size()));
            body = transport::make_body(std::move(what.body));
        }
        auto answer = co_await far_.client().send(std::move(head), std::move(body));
        if (!answer) co_return far_.away(answer.error());
        auto text = co_await transport::read_all(*answer->body, max_host_answer);
        if (!text && text.error() == make_error_code(transport::errc::too_large))
            co_return printer_failure{printer_errc::refused,
                                      "The answer is longer than " + std::to_string(max_host_answer) +
                                          " bytes; files are fetched with files/download."};
        if (!text) co_return far_.away(text.error());
        host_answer out;
        out.status = answer->head.status;
        out.body = std::move(*text);
        for (const auto name : told_on)
            if (const auto value = answer->head.headers.find(name)) out.headers.emplace_back(name, *value);
        co_return out;
    }

private:
    moonraker_far far_;
};

} // namespace

std::unique_ptr<host_api> make_moonraker_api(transport::net::io_context& home,
                                             moonraker_store_options options)
{
    return std::make_unique<moonraker_api>(home, std::move(options));
}

} // namespace layerline::commands
