// A desk of the Moonraker link on a test's clock, with the far end's answers given by hand as they were seen
// from a real Moonraker.
#pragma once

#include "printer/moonraker/moonraker_desk.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace layerline::printer::moonraker {

struct moonraker_bench {
    using json = nlohmann::json;
    struct seen_call {
        std::uint64_t id = 0;
        std::string method;
        json params;
        bool answered = false;
    };

    moonraker_bench() { start_anew(); }
    explicit moonraker_bench(desk_settings wanted, serial::durable_state kept = {})
        : settings(std::move(wanted)), memory(std::move(kept))
    {
        start_anew();
    }
    void start_anew() { desk.emplace(settings, memory); }

    desk_settings settings;
    serial::durable_state memory;
    std::optional<moonraker_desk> desk;
    moonraker_desk::time_point now{std::chrono::hours(1)};
    std::vector<seen_call> calls;
    // Taken from the desk, in order.
    std::vector<moonraker_desk::outcome> outcomes;
    bool saves = true; // what is to be kept is kept at once

    void settle()
    {
        for (bool more = true; more;) {
            more = false;
            while (const auto text = desk->next_message(now)) {
                const auto sent = json::parse(*text);
                CHECK(sent.at("jsonrpc") == "2.0");
                calls.push_back({sent.at("id"), sent.at("method"),
                                 sent.contains("params") ? sent["params"] : json(), false});
                more = true;
            }
            while (saves) {
                const auto kept = desk->next_to_keep();
                if (!kept) break;
                memory = kept->state;
                if (kept->commit) desk->kept(*kept->commit, {}, now);
                more = true;
            }
            while (auto done = desk->next_outcome()) {
                outcomes.push_back(std::move(*done));
                more = true;
            }
        }
    }
    // The open call of that method; the test fails if there is none.
    seen_call& open(const std::string& method)
    {
        settle();
        for (auto& one : calls)
            if (one.method == method && !one.answered) return one;
        FAIL("no open call of " << method);
        return calls.front();
    }
    std::size_t count(const std::string& method)
    {
        settle();
        std::size_t all = 0;
        for (const auto& one : calls)
            all += one.method == method ? 1 : 0;
        return all;
    }
    bool is_open(const std::string& method)
    {
        settle();
        for (const auto& one : calls)
            if (one.method == method && !one.answered) return true;
        return false;
    }
    bool say(const json& message)
    {
        const bool good = desk->receive(message.dump(), now);
        settle();
        return good;
    }
    bool answer(const std::string& method, json result)
    {
        auto& one = open(method);
        one.answered = true;
        return say({{"jsonrpc", "2.0"}, {"result", std::move(result)}, {"id", one.id}});
    }
    bool refuse(const std::string& method, int code, const std::string& text)
    {
        auto& one = open(method);
        one.answered = true;
        return say({{"jsonrpc", "2.0"}, {"error", {{"code", code}, {"message", text}}}, {"id", one.id}});
    }
    void notify(const std::string& method, json params = json::array())
    {
        say({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
    }
    void status(json changed) { notify("notify_status_update", json::array({std::move(changed), 2457.1})); }
    void pass(std::chrono::milliseconds time)
    {
        now += time;
        alive = desk->tick(now);
        settle();
    }
    bool alive = true;

    static json server_info(const std::string& klippy)
    {
        return {{"klippy_connected", klippy != "disconnected"},
                {"klippy_state", klippy},
                {"components", {"file_manager", "history", "webcam"}},
                {"api_version", {1, 5, 0}}};
    }
    static json all_objects()
    {
        return {{"objects",
                 {"webhooks", "configfile", "mcu", "gcode_move", "toolhead", "extruder", "heater_bed",
                  "heater_generic chamber", "extruder_stepper belt", "fan", "virtual_sdcard", "pause_resume",
                  "display_status", "print_stats", "exclude_object", "idle_timeout", "motion_report"}}};
    }
    static json idle_status()
    {
        return {{"webhooks", {{"state", "ready"}, {"state_message", "Printer is ready"}}},
                {"print_stats",
                 {{"filename", ""},
                  {"total_duration", 0.0},
                  {"print_duration", 0.0},
                  {"state", "standby"},
                  {"message", ""},
                  {"info", {{"current_layer", nullptr}, {"total_layer", nullptr}}}}},
                {"virtual_sdcard",
                 {{"progress", 0.0}, {"is_active", false}, {"file_position", 0}, {"file_size", 0}}},
                {"toolhead", {{"homed_axes", "xy"}}},
                {"gcode_move", {{"gcode_position", {1.5, 2.5, 3.5, 0.0}}}},
                {"extruder", {{"temperature", 21.5}, {"target", 0.0}}},
                {"heater_bed", {{"temperature", 22.5}, {"target", 0.0}}},
                {"heater_generic chamber", {{"temperature", 23.5}, {"target", 0.0}}},
                {"fan", {{"speed", 0.25}}},
                {"display_status", {{"progress", 0.0}, {"message", nullptr}}},
                {"idle_timeout", {{"state", "Ready"}}},
                {"pause_resume", {{"is_paused", false}}}};
    }
    static json job(const std::string& id, const std::string& file, const std::string& how)
    {
        return {
            {"job_id", id}, {"filename", file}, {"status", how}, {"metadata", {{"estimated_time", 1000.0}}}};
    }

    void connect()
    {
        desk->connected(now);
        answer("server.connection.identify", {{"connection_id", 139900282547472}});
    }
    // From the list of objects on, as after each return of Klipper.
    void follow(json state = idle_status(), json newest = nullptr)
    {
        answer("printer.objects.list", all_objects());
        answer("printer.objects.subscribe", {{"eventtime", 2450.0}, {"status", std::move(state)}});
        answer("server.history.list",
               {{"count", newest.is_null() ? 0 : 1},
                {"jobs", newest.is_null() ? json::array() : json::array({std::move(newest)})}});
        answer("printer.objects.query",
               {{"status",
                 {{"configfile",
                   {{"settings",
                     {{"extruder", {{"max_temp", 300.0}}},
                      {"heater_bed", {{"max_temp", 120.0}}},
                      {"stepper_x", {{"position_min", -6.0}, {"position_max", 250.0}}},
                      {"stepper_y", {{"position_max", 255.0}}},
                      {"stepper_z", {{"position_max", 240.0}}}}}}}}}});
    }
    void ready(json state = idle_status(), json newest = nullptr)
    {
        connect();
        answer("server.info", server_info("ready"));
        answer("printer.info", {{"state", "ready"},
                                {"state_message", "Printer is ready"},
                                {"software_version", "v0.13.0-730"},
                                {"hostname", "rig"}});
        follow(std::move(state), std::move(newest));
    }
    void print(const std::string& file = "long.gcode", const std::string& id = "00000C")
    {
        status({{"print_stats",
                 {{"filename", file},
                  {"total_duration", 300.0},
                  {"print_duration", 250.0},
                  {"state", "printing"}}},
                {"virtual_sdcard",
                 {{"progress", 0.25}, {"is_active", true}, {"file_position", 1111}, {"file_size", 76914}}},
                {"display_status", {{"progress", 0.25}}}});
        notify("notify_history_changed",
               json::array({{{"action", "added"}, {"job", job(id, file, "in_progress")}}}));
    }
    moonraker_desk::ticket ask(action what, terms how = {})
    {
        const auto id = desk->ask(std::move(what), std::move(how), now);
        settle();
        return id;
    }
    // The outcome of that ticket; the test fails if there is none yet.
    const printer_result<performed>& outcome_of(moonraker_desk::ticket id)
    {
        settle();
        for (const auto& one : outcomes)
            if (one.id == id) return one.what;
        FAIL("no outcome of ticket " << id);
        return outcomes.front().what;
    }
    bool ended(moonraker_desk::ticket id)
    {
        settle();
        for (const auto& one : outcomes)
            if (one.id == id) return true;
        return false;
    }
    // Asks and gives the failure's code; the test fails if there is none.
    printer_errc code_of(action what, terms how = {})
    {
        const auto& out = outcome_of(ask(std::move(what), std::move(how)));
        REQUIRE(out.has_error());
        CHECK_FALSE(out.error().detail.empty());
        return out.error().code;
    }
    printer_state state() const { return desk->state(now); }
};

} // namespace layerline::printer::moonraker
