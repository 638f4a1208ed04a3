// The fake Moonraker's answers.
#include "fakes/fake_moonraker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <stdexcept>
#include <utility>

namespace layerline::fakes {

namespace net = transport::net;
using transport::task;
using json = nlohmann::json;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

} // namespace

struct fake_moonraker::client {
    std::shared_ptr<transport::message_stream> stream; // or:
    std::optional<net::local::stream_protocol::socket> pipe;
    std::deque<std::string> out;
    bool writing = false, allowed = false, identified = false, subscribed = false;
    std::set<std::string> methods;
};

struct fake_moonraker::answer {
    json result;
    int code = 0; // not 0: an error with `text`
    std::string text = {};
};

fake_moonraker::fake_moonraker(net::io_context& context, std::uint16_t port) : context_(context)
{
    objects = {
        {"webhooks", {{"state", "ready"}, {"state_message", "Printer is ready"}}},
        {"print_stats",
         {{"filename", ""},
          {"total_duration", 0.0},
          {"print_duration", 0.0},
          {"state", "standby"},
          {"message", ""},
          {"info", {{"current_layer", nullptr}, {"total_layer", nullptr}}}}},
        {"virtual_sdcard", {{"progress", 0.0}, {"is_active", false}, {"file_position", 0}, {"file_size", 0}}},
        {"toolhead", {{"homed_axes", ""}, {"estimated_print_time", 12.5}}},
        {"gcode_move", {{"gcode_position", {0.0, 0.0, 0.0, 0.0}}}},
        {"extruder", {{"temperature", 21.0}, {"target", 0.0}}},
        {"heater_bed", {{"temperature", 22.0}, {"target", 0.0}}},
        {"fan", {{"speed", 0.0}}},
        {"display_status", {{"progress", 0.0}, {"message", nullptr}}},
        {"idle_timeout", {{"state", "Ready"}}},
        {"pause_resume", {{"is_paused", false}}},
        {"configfile",
         {{"settings", {{"extruder", {{"max_temp", 300.0}}}, {"heater_bed", {{"max_temp", 120.0}}}}}}}};
    transport::listen_options where;
    where.port = port;
    auto made = transport::listen_http(context_, where, *this);
    if (!made) throw std::runtime_error("the fake cannot listen: " + made.error().message());
    server_ = std::move(*made);
    port_ = server_->port();
    net::co_spawn(context_, server_->run(), net::detached);
}

fake_moonraker::~fake_moonraker()
{
    drop();
    door_.reset();
    server_->stop(std::chrono::milliseconds(0));
    context_.restart();
    context_.poll();
}

task<void> fake_moonraker::serve(transport::exchange& call)
{
    const auto& asked = call.request();
    const auto path = asked.target.substr(0, asked.target.find('?'));
    const bool knows_key = asked.headers.find("x-api-key").value_or("") == api_key;
    if (path == "/access/oneshot_token") {
        transport::response_head head;
        head.status = knows_key ? 200 : 401;
        std::string body = "{}";
        if (knows_key) {
            const auto token = "T" + std::to_string(tokens_.size());
            tokens_.insert(token);
            body = json{{"result", token}}.dump();
        }
        (void)co_await transport::respond_with(call, std::move(head), std::move(body));
        co_return;
    }
    if (path.starts_with("/server/files/")) {
        if (api_key.empty() || knows_key) {
            (void)co_await store.serve(call);
            co_return;
        }
        transport::response_head head;
        head.status = 401;
        (void)co_await transport::respond_with(call, std::move(head),
                                               R"({"error":{"code":401,"message":"Unauthorized"}})");
        co_return;
    }
    const auto query = asked.target.find("?token=");
    const bool knows_token = query != std::string::npos && tokens_.erase(asked.target.substr(query + 7)) == 1;
    if (path != "/websocket" || (refuses_upgrades && !knows_token)) {
        transport::response_head head;
        head.status = path == "/websocket" ? 401 : 404;
        (void)co_await transport::respond_with(call, std::move(head), std::string());
        co_return;
    }
    auto accepted = co_await call.accept_websocket();
    if (!accepted) co_return;
    const auto self = std::make_shared<client>();
    self->stream = *accepted;
    self->allowed = api_key.empty() || knows_token || knows_key;
    clients_.push_back(self);
    std::array<char, 16384> part{};
    std::string text;
    for (;;) {
        const auto got = co_await self->stream->read_part(net::buffer(part));
        if (!got) break;
        text.append(part.data(), got->bytes);
        if (!got->last) continue;
        take(self, text);
        text.clear();
    }
    std::erase(clients_, self);
}

void fake_moonraker::listen_at(const std::string& path)
{
    const net::local::stream_protocol::endpoint where(path);
    door_ = std::make_unique<net::local::stream_protocol::acceptor>(context_, where);
    net::co_spawn(context_, accept_all(), net::detached);
}

task<void> fake_moonraker::accept_all()
{
    for (;;) {
        auto [code, socket] = co_await door_->async_accept(as_tuple);
        if (code) co_return;
        const auto self = std::make_shared<client>();
        self->pipe.emplace(std::move(socket));
        self->allowed = true;
        clients_.push_back(self);
        net::co_spawn(context_, read_texts(self), net::detached);
    }
}

task<void> fake_moonraker::read_texts(std::shared_ptr<client> from)
{
    std::string waiting;
    for (;;) {
        const auto [code, count] =
            co_await net::async_read_until(*from->pipe, net::dynamic_buffer(waiting), '\x03', as_tuple);
        if (code) break;
        take(from, waiting.substr(0, count - 1));
        waiting.erase(0, count);
    }
    std::erase(clients_, from);
}

void fake_moonraker::take(const std::shared_ptr<client>& from, const std::string& text)
{
    const auto message = json::parse(text);
    const std::string method = message.at("method");
    const auto params = message.contains("params") ? message["params"] : json::object();
    calls_.push_back({method, params});
    heard_.ring();
    if (held.contains(method)) return;
    const auto said = answer_to(*from, method, params);
    json reply{{"jsonrpc", "2.0"}, {"id", message.at("id")}};
    if (said.code != 0)
        reply["error"] = {{"code", said.code}, {"message", said.text}};
    else
        reply["result"] = said.result;
    say(from, reply.dump());
}

fake_moonraker::answer fake_moonraker::answer_to(client& from, const std::string& method, const json& params)
{
    if (method == "server.connection.identify") {
        if (params.contains("api_key")) {
            if (params["api_key"] != api_key) return {{}, -32602, "Invalid API Key"};
            from.allowed = true;
        }
        if (!from.allowed) return {{}, -32602, "Unauthorized"};
        if (from.identified) return {{}, 400, "Connection already identified: {}"};
        if (has_twin)
            return {{},
                    400,
                    "Agent '" + params.at("client_name").get<std::string>() +
                        "' already registered and connected'"};
        from.identified = true;
        return {{{"connection_id", 139900282547472}}};
    }
    if (!from.allowed) return {{}, -32602, "Unauthorized"};
    if (method == "server.info")
        return {{{"klippy_connected", klippy != "disconnected"},
                 {"klippy_state", klippy},
                 {"components", {"file_manager", "history", "webcam", "power"}}}};
    if (auto said = of_host(from, method, params)) return std::move(*said);
    if (!method.starts_with("printer.")) return {{}, -32601, "Method not found"};
    if (klippy == "disconnected") return {{}, 503, "Klippy Host not connected"};
    if (method == "printer.info")
        return {{{"state", klippy},
                 {"state_message", words},
                 {"software_version", "v0.13.0"},
                 {"hostname", "rig"}}};
    if (method == "printer.emergency_stop") {
        klippy = "shutdown";
        words = "Shutdown due to webhooks request\n";
        notify("notify_klippy_shutdown");
        // The state of the print reads as if it could be resumed.
        if (objects["print_stats"]["state"] == "printing")
            change({{"webhooks", {{"state", "shutdown"}}}, {"print_stats", {{"state", "paused"}}}});
        return {"ok"};
    }
    if (method == "printer.objects.list") {
        json names = json::array();
        for (const auto& [name, fields] : objects.items())
            names.push_back(name);
        return {{{"objects", names}}};
    }
    if (method == "printer.objects.subscribe" || method == "printer.objects.query") {
        json status = json::object();
        for (const auto& [name, fields] : params.at("objects").items()) {
            status[name] = json::object();
            for (const auto& field : fields)
                if (objects.contains(name) && objects[name].contains(field.get<std::string>()))
                    status[name][field.get<std::string>()] = objects[name][field.get<std::string>()];
        }
        if (method == "printer.objects.subscribe") from.subscribed = true;
        return {{{"eventtime", 1.0}, {"status", status}}};
    }
    if (klippy != "ready") return {{}, 400, words};
    const std::string now = objects["print_stats"]["state"];
    if (method == "printer.print.start") {
        if (now == "printing") return {{}, 400, "SD busy"};
        const auto file = params.at("filename").get<std::string>();
        if (file == "nope.gcode") return {{}, 400, "Unable to open file"};
        change({{"print_stats", {{"filename", file}, {"state", "printing"}}},
                {"virtual_sdcard", {{"is_active", true}, {"file_size", 1000}, {"file_position", 10}}}});
        json job{{"job_id", "00000" + std::to_string(++jobs_)},
                 {"filename", file},
                 {"status", "in_progress"},
                 {"metadata", json::object()}};
        history.insert(history.begin(), job);
        notify("notify_history_changed", json::array({{{"action", "added"}, {"job", job}}}));
        return {"ok"};
    }
    // Answered "ok" with or without a print.
    if (method == "printer.print.pause") {
        if (now == "printing") change({{"print_stats", {{"state", "paused"}}}});
        notify("notify_gcode_response", json::array({"// action:paused"}));
        return {"ok"};
    }
    if (method == "printer.print.resume") {
        if (now == "printing") return {{}, 400, "SD busy"};
        if (now == "paused") change({{"print_stats", {{"state", "printing"}}}});
        return {"ok"};
    }
    if (method == "printer.print.cancel") {
        if (now == "printing" || now == "paused") change({{"print_stats", {{"state", "cancelled"}}}});
        return {"ok"};
    }
    if (method == "printer.gcode.script") {
        const auto script = params.at("script").get<std::string>();
        if (script.starts_with("SET_HEATER_TEMPERATURE HEATER=extruder TARGET="))
            change({{"extruder", {{"target", std::stod(script.substr(46))}}}});
        return {"ok"};
    }
    return {{}, -32601, "Method not found"};
}

// What Moonraker answers by itself, whatever Klipper does.
std::optional<fake_moonraker::answer> fake_moonraker::of_host(client& from, const std::string& method,
                                                              const json& params)
{
    if (method == "connection.register_remote_method") {
        const auto name = params.at("method_name").get<std::string>();
        for (const auto& each : clients_)
            if (each->methods.contains(name))
                return answer{{}, 400, "Remote method '" + name + "' already registered"};
        from.methods.insert(name);
        return answer{"ok"};
    }
    if (method == "server.history.list") {
        const auto limit = params.value("limit", std::size_t{50}),
                   start = params.value("start", std::size_t{0});
        json jobs = json::array();
        for (auto at = start; at < history.size() && jobs.size() < limit; ++at)
            jobs.push_back(history[at]);
        return answer{{{"count", history.size()}, {"jobs", jobs}}};
    }
    if (method == "server.history.get_job") {
        for (const auto& job : history)
            if (job["job_id"] == params.at("uid")) return answer{{{"job", job}}};
        return answer{{}, -32601, "Invalid job uid: " + params.at("uid").get<std::string>()};
    }
    if (method == "server.webcams.list") return answer{{{"webcams", webcams}}};
    if (method == "machine.device_power.devices") return answer{{{"devices", power}}};
    if (method == "machine.device_power.post_device")
        for (auto& device : power) {
            if (device["device"] != params.at("device")) continue;
            const bool locked = device.value("locked_while_printing", false);
            if (locked && objects["print_stats"]["state"] == "printing")
                return answer{{}, 400, "Unable to change power for psu while printing"};
            device["status"] = params.at("action");
            notify("notify_power_changed", json::array({device}));
            return answer{{{params.at("device").get<std::string>(), device["status"]}}};
        }
    return std::nullopt;
}

bool fake_moonraker::call_remote(const std::string& method, json params)
{
    for (const auto& each : clients_)
        if (each->methods.contains(method)) {
            say(each, json{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}}.dump());
            return true;
        }
    return false;
}

void fake_moonraker::say(const std::shared_ptr<client>& to, std::string text)
{
    if (deaf) return;
    to->out.push_back(std::move(text));
    if (!std::exchange(to->writing, true)) net::co_spawn(context_, write_all(to), net::detached);
}

task<void> fake_moonraker::write_all(std::shared_ptr<client> to)
{
    while (!to->out.empty()) {
        const auto text = std::move(to->out.front());
        to->out.pop_front();
        if (to->pipe) {
            const std::string whole = text + '\x03';
            const auto [code, count] = co_await net::async_write(*to->pipe, net::buffer(whole), as_tuple);
            if (code) break;
            continue;
        }
        const auto sent =
            co_await to->stream->write_part(transport::message_kind::text, net::buffer(text), true);
        if (!sent) break;
    }
    to->writing = false;
}

void fake_moonraker::change(json fields)
{
    for (const auto& [name, changed] : fields.items())
        objects[name].update(changed);
    const auto text =
        json{{"jsonrpc", "2.0"}, {"method", "notify_status_update"}, {"params", {std::move(fields), 2.0}}}
            .dump();
    for (const auto& each : clients_)
        if (each->subscribed) say(each, text);
}

void fake_moonraker::notify(const std::string& method, json params)
{
    const auto text = json{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}}.dump();
    for (const auto& each : clients_)
        say(each, text);
}

void fake_moonraker::restart_klippy()
{
    klippy = "disconnected";
    for (const auto& each : clients_)
        each->subscribed = false;
    notify("notify_klippy_disconnected");
}

void fake_moonraker::klippy_ready()
{
    klippy = "ready";
    words = "Printer is ready";
    objects["webhooks"]["state"] = "ready";
    objects["print_stats"].update({{"state", "standby"}, {"filename", ""}});
    notify("notify_klippy_ready");
}

void fake_moonraker::drop()
{
    for (const auto& each : clients_) {
        if (each->stream) each->stream->abort();
        transport::error_code ignored;
        if (each->pipe) each->pipe->close(ignored);
    }
}

std::size_t fake_moonraker::count(const std::string& method) const
{
    std::size_t all = 0;
    for (const auto& one : calls_)
        all += one.method == method ? 1 : 0;
    return all;
}

task<void> fake_moonraker::received(std::string method, std::size_t times)
{
    std::function<bool()> so = [this, method, times] { return count(method) >= times; };
    co_await heard_.until(std::move(so));
}

} // namespace layerline::fakes
