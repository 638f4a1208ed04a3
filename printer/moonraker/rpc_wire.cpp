// Both ways to Moonraker.
#include "printer/moonraker/rpc_wire.hpp"

#include "transport/dial.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace layerline::printer::moonraker {

namespace net = transport::net;
using transport::clock;
using transport::errc;
using transport::error_code;
using transport::result;
using transport::task;

namespace {

constexpr std::size_t piece = 16UL * 1024;
constexpr char end_of_text = '\x03';
constexpr std::chrono::seconds write_stall{10}; // Moonraker that takes no bytes for so long hangs
constexpr std::size_t longest_token_answer = 4096;

class websocket_wire final : public rpc_wire {
public:
    explicit websocket_wire(std::shared_ptr<transport::message_stream> stream) : stream_(std::move(stream)) {}

    task<result<std::string>> read(std::size_t limit) override
    {
        std::string text;
        for (;;) {
            const auto got = co_await stream_->read_part(net::buffer(part_));
            if (!got) co_return got.error();
            if (text.size() + got->bytes > limit) co_return error_code(errc::too_large);
            text.append(part_.data(), got->bytes);
            if (got->last) co_return std::move(text);
        }
    }
    task<result<void>> write(std::string text) override
    {
        co_return co_await stream_->write_part(transport::message_kind::text, net::buffer(text), true);
    }
    void abort() override { stream_->abort(); }

private:
    std::shared_ptr<transport::message_stream> stream_;
    std::array<char, piece> part_{};
};

class unix_wire final : public rpc_wire {
public:
    explicit unix_wire(std::shared_ptr<transport::byte_stream> stream) : stream_(std::move(stream))
    {
        stream_->write_limits(write_stall, clock::time_point::max());
    }

    task<result<std::string>> read(std::size_t limit) override
    {
        std::size_t looked = 0;
        for (;;) {
            if (const auto end = waiting_.find(end_of_text, looked); end != std::string::npos) {
                if (end > limit) co_return error_code(errc::too_large);
                auto text = waiting_.substr(0, end);
                waiting_.erase(0, end + 1);
                co_return std::move(text);
            }
            looked = waiting_.size();
            if (looked > limit) co_return error_code(errc::too_large);
            const auto got = co_await stream_->read_some(net::buffer(part_));
            if (!got) co_return got.error();
            if (*got == 0) co_return error_code(errc::closed);
            waiting_.append(part_.data(), *got);
        }
    }
    task<result<void>> write(std::string text) override
    {
        text += end_of_text;
        const std::array<net::const_buffer, 3> parts{net::buffer(text)};
        co_return co_await stream_->write(parts);
    }
    void abort() override { stream_->close(true); }

private:
    std::shared_ptr<transport::byte_stream> stream_;
    std::array<char, piece> part_{};
    std::string waiting_;
};

printer_failure why_unreachable(const error_code& code, unsigned status, const std::string& where)
{
    if (code == errc::insecure_refused)
        return {printer_errc::host_gone, "The way to Moonraker at " + where +
                                             " is not encrypted: use wss://, or set printer.allow_insecure."};
    if (code == errc::certificate_refused)
        return {printer_errc::host_gone,
                "The certificate of Moonraker at " + where + " is not one that is trusted."};
    if (code == errc::upgrade_refused && (status == 401 || status == 403))
        return {printer_errc::port_forbidden,
                "Moonraker at " + where +
                    " does not let this agent in: put its API key into a file and name that in "
                    "printer.api_key_file."};
    if (code == errc::upgrade_refused)
        return {printer_errc::host_gone, "What answers at " + where + " is not Moonraker's WebSocket (HTTP " +
                                             std::to_string(status) + ")."};
    if (code == errc::unreachable)
        return {printer_errc::host_gone, "Moonraker is not running: nothing answers at " + where + "."};
    return {printer_errc::host_gone, "Moonraker cannot be reached at " + where + ": " + code.message() + "."};
}

// A token that opens one WebSocket within 5 s; empty if there is none to be had.
task<std::string> one_shot_token(std::string base, std::string api_key, transport::client_options options)
{
    const auto client = transport::make_http_client(
        static_cast<net::io_context&>((co_await net::this_coro::executor).context()), std::move(base),
        std::move(options));
    transport::request_head head;
    head.method = "GET";
    head.target = "/access/oneshot_token";
    head.headers.set("x-api-key", api_key);
    head.deadline = clock::now() + std::chrono::seconds(5);
    auto answer = co_await client->send(std::move(head), nullptr);
    if (!answer || answer->head.status != 200) co_return std::string();
    const auto body = co_await transport::read_all(*answer->body, longest_token_answer);
    if (!body) co_return std::string();
    const auto told = nlohmann::json::parse(*body, nullptr, false);
    if (!told.is_object() || !told.contains("result") || !told["result"].is_string()) co_return std::string();
    auto token = told["result"].get<std::string>();
    // It becomes part of an address.
    if (token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") !=
        std::string::npos)
        co_return std::string();
    co_return token;
}

} // namespace

std::optional<moonraker_place> parse_moonraker_url(std::string_view text)
{
    moonraker_place place;
    if (text.starts_with('/')) {
        place.unix_socket = std::string(text);
        return place;
    }
    const auto parsed = transport::parse_address(text);
    if (!parsed) return std::nullopt;
    if (!parsed->unix_path.empty()) {
        if (!parsed->unix_path.is_absolute()) return std::nullopt;
        place.unix_socket = parsed->unix_path;
        return place;
    }
    if (parsed->path.find('?') != std::string::npos) return std::nullopt;
    const std::string path = parsed->path == "/" ? "/websocket" : parsed->path;
    constexpr std::string_view end = "/websocket";
    if (!path.ends_with(end)) return std::nullopt;
    const std::string secure = parsed->tls ? "s" : "";
    place.websocket = "ws" + secure + "://" + parsed->host_field + path;
    place.http = "http" + secure + "://" + parsed->host_field + path.substr(0, path.size() - end.size());
    return place;
}

task<printer_result<std::shared_ptr<rpc_wire>>> open_wire(wire_options options)
{
    const auto by = clock::now() + options.connect_timeout;
    if (!options.place.unix_socket.empty()) {
        transport::dial_address to;
        to.unix_path = options.place.unix_socket;
        auto stream = co_await transport::dial(std::move(to), nullptr, false, by);
        if (!stream) co_return why_unreachable(stream.error(), 0, options.place.unix_socket.string());
        std::shared_ptr<rpc_wire> wire = std::make_shared<unix_wire>(std::move(*stream));
        co_return wire;
    }
    transport::client_options client;
    client.ca_file = options.ca_file;
    client.allow_insecure = options.allow_insecure;
    client.connect_timeout = options.connect_timeout;
    transport::fields headers;
    if (!options.api_key.empty()) headers.set("x-api-key", options.api_key);
    unsigned status = 0;
    auto stream = co_await transport::dial_websocket(options.place.websocket, headers, client, &status);
    if (!stream && (status == 401 || status == 403) && !options.api_key.empty()) {
        const auto token = co_await one_shot_token(options.place.http, options.api_key, client);
        if (!token.empty()) {
            transport::fields none;
            stream = co_await transport::dial_websocket(options.place.websocket + "?token=" + token, none,
                                                        client, &status);
        }
    }
    if (!stream) co_return why_unreachable(stream.error(), status, options.place.websocket);
    std::shared_ptr<rpc_wire> wire = std::make_shared<websocket_wire>(std::move(*stream));
    co_return wire;
}

} // namespace layerline::printer::moonraker
