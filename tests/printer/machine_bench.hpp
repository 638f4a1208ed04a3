// Two benches for the protocol machine in virtual time: one where the test plays the printer word for word,
// one with a firmware model that takes its time.
#pragma once

#include "firmware_model.hpp"
#include "printer/serial/protocol_machine.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace layerline::tests {

using namespace std::chrono_literals;
using printer::serial::event;
using printer::serial::machine_settings;
using printer::serial::protocol_machine;
using printer::serial::time_point;

// The test is the printer: it reads what the machine wrote and answers.
struct transcript {
    protocol_machine machine;
    time_point now{1000s};
    std::vector<event> events;

    explicit transcript(machine_settings settings = {}) : machine(settings) {}

    // Everything the machine wants to write now.
    std::string written()
    {
        std::string all;
        while (!machine.output().empty()) {
            const std::string part(machine.output());
            machine.consumed(part.size(), now);
            all += part;
        }
        return all;
    }
    void says(std::string_view bytes)
    {
        machine.receive(bytes, now);
        collect();
    }
    // Time passes; the machine is woken exactly when it asked to be.
    void wait(std::chrono::milliseconds time)
    {
        const auto end = now + time;
        while (const auto next = machine.next_wakeup()) {
            if (*next > end) break;
            now = std::max(now, *next);
            machine.tick(now);
            REQUIRE((!machine.next_wakeup() || *machine.next_wakeup() > now));
            collect();
        }
        now = end;
    }
    void collect()
    {
        while (auto one = machine.next_event())
            events.push_back(std::move(*one));
    }
    template <class T>
    std::vector<T> told() const
    {
        std::vector<T> all;
        for (const auto& one : events)
            if (const auto* match = std::get_if<T>(&one)) all.push_back(*match);
        return all;
    }
    std::vector<std::uint64_t> tags() const
    {
        std::vector<std::uint64_t> all;
        for (const auto& one : told<printer::serial::acknowledged>())
            all.push_back(one.tag);
        return all;
    }
    // Through hello to ready, with a Marlin that has these capabilities. The next line is returned's number.
    std::uint64_t connect(std::string_view capabilities = "Cap:AUTOREPORT_TEMP:1\n", bool advanced = false)
    {
        machine.opened(now);
        written();
        says("ok\nok\n");
        wait(0ms);
        written();
        const auto ok = [&](std::uint64_t line) {
            return advanced ? "ok N" + std::to_string(line) + " P15 B3\n" : std::string("ok\n");
        };
        says("FIRMWARE_NAME:Marlin test\n" + std::string(capabilities) + ok(1));
        std::uint64_t number = 2;
        for (std::string sent = written(); !sent.empty(); sent = written())
            for (std::size_t at = 0; at < sent.size(); at = sent.find('\n', at) + 1, ++number) {
                const auto line = sent.substr(at, sent.find('\n', at) - at);
                says(line.find("M105") != std::string::npos ? "ok T:20.0 /0.0 B:20.0 /0.0\n" : ok(number));
            }
        REQUIRE(machine.is_connected());
        events.clear();
        return number;
    }
};

// A whole print against the model. Returns the virtual milliseconds it took; stops when `limit` has passed.
struct print_run {
    firmware_model printer;
    protocol_machine machine;
    time_point now{1000s};
    std::vector<std::uint64_t> acknowledged;
    std::vector<event> events; // without acknowledged and temperatures
    bool gone = false;

    explicit print_run(model_settings model, machine_settings settings = {})
        : printer(model), machine(settings)
    {
    }

    void step()
    {
        now += 1ms;
        while (!machine.output().empty()) {
            const std::string part(machine.output());
            machine.consumed(part.size(), now);
            printer.host_writes(part);
        }
        printer.step();
        const auto said = printer.take_said();
        if (!said.empty()) machine.receive(said, now);
        if (const auto next = machine.next_wakeup(); next && *next <= now) {
            machine.tick(now);
            REQUIRE((!machine.next_wakeup() || *machine.next_wakeup() > now));
        }
        while (auto one = machine.next_event()) {
            if (const auto* ack = std::get_if<printer::serial::acknowledged>(&*one))
                acknowledged.push_back(ack->tag);
            else if (std::holds_alternative<printer::serial::gone_silent>(*one))
                gone = true;
            if (!std::holds_alternative<printer::serial::acknowledged>(*one) &&
                !std::holds_alternative<printer::serial::temperatures>(*one))
                events.push_back(std::move(*one));
        }
    }
    bool connect()
    {
        machine.opened(now);
        for (int ms = 0; ms < 30000 && !machine.can_send(); ++ms)
            step();
        return machine.can_send();
    }
    std::int64_t print(const std::vector<std::string>& lines, std::int64_t limit)
    {
        std::size_t at = 0;
        for (std::int64_t ms = 0; ms < limit && !gone; ++ms) {
            while (at < lines.size() && machine.can_send()) {
                machine.send(lines[at], at, now);
                ++at;
            }
            if (at == lines.size() && machine.in_flight() == 0 && machine.can_send() && printer.idle())
                return ms;
            step();
        }
        return limit;
    }
};

} // namespace layerline::tests
