// A Moonraker made of our own HTTP server: one WebSocket route, a Klipper that is made of JSON objects, and
// the answers that a real one was seen to give, its surprises included.
#pragma once

#include "fakes/event_flag.hpp"
#include "fakes/fake_moonraker_files.hpp"
#include "transport/http_server.hpp"

#include <nlohmann/json.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace layerline::fakes {

class fake_moonraker final : public transport::service {
public:
    using json = nlohmann::json;
    // Listens on a free port of 127.0.0.1, or on `port`.
    explicit fake_moonraker(boost::asio::io_context& context, std::uint16_t port = 0);
    ~fake_moonraker() override;
    fake_moonraker(const fake_moonraker&) = delete;
    fake_moonraker& operator=(const fake_moonraker&) = delete;

    // Also on a unix socket, where nobody needs a key; until it ends.
    void listen_at(const std::string& path);

    std::uint16_t port() const { return port_; }
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/websocket"; }

    // --- how it behaves ---
    std::string api_key;           // not empty: nothing is answered without it
    bool refuses_upgrades = false; // with `api_key`: HTTP 401 unless a one-shot token is in the address
    bool has_twin = false;         // another agent of any name is registered
    std::set<std::string> held;    // methods that get no answer, as G-code behind Klipper's lock
    bool deaf = false;             // takes everything, says nothing: a half-open line

    // --- its Klipper ---
    std::string klippy = "ready", words = "Printer is ready";
    json objects;                 // printer objects with their fields
    json history = json::array(); // jobs, the newest first
    void change(json fields);     // merges, and tells whoever subscribed
    void notify(const std::string& method, json params = json::array());
    void restart_klippy(); // gone: subscriptions die with it
    void klippy_ready();   // ... and back
    void drop();           // cuts every connection

    fake_moonraker_files store;
    json webcams = json::array(), power = json::array();
    // As a macro does it: calls a method that somebody registered; false if nobody did.
    bool call_remote(const std::string& method, json params);

    // --- what it heard ---
    struct heard_call {
        std::string method;
        json params;
    };
    const std::vector<heard_call>& calls() const { return calls_; }
    std::size_t count(const std::string& method) const;
    transport::task<void> received(std::string method, std::size_t times = 1);

    transport::task<void> serve(transport::exchange& call) override;

private:
    struct client;
    struct answer;
    void take(const std::shared_ptr<client>& from, const std::string& text);
    answer answer_to(client& from, const std::string& method, const json& params);
    std::optional<answer> of_host(client& from, const std::string& method, const json& params);
    void say(const std::shared_ptr<client>& to, std::string text);
    transport::task<void> write_all(std::shared_ptr<client> to);
    transport::task<void> accept_all();
    transport::task<void> read_texts(std::shared_ptr<client> from);

    boost::asio::io_context& context_;
    std::unique_ptr<transport::http_server> server_;
    std::uint16_t port_ = 0;
    std::unique_ptr<transport::net::local::stream_protocol::acceptor> door_;
    std::vector<std::shared_ptr<client>> clients_;
    std::vector<heard_call> calls_;
    event_flag heard_;
    std::set<std::string> tokens_;
    int jobs_ = 0;
};

} // namespace layerline::fakes
