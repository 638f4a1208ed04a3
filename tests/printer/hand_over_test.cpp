// What passes between the wire and the other threads, two threads at a time: all of it arrives, in its order.
#include "printer/serial/kept_ring.hpp"
#include "printer/serial/line_queue.hpp"
#include "printer/serial/log_ring.hpp"
#include "printer/serial/mailbox.hpp"
#include "printer/serial/newest_value.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

using namespace layerline::printer::serial;

namespace {
constexpr std::uint64_t many = 20'000;
}

TEST_CASE("lines go from the reader to the wire in their order, each once")
{
    line_queue queue;
    std::thread reader([&] {
        for (std::uint64_t number = 1; number <= many; ++number) {
            prepared_line line;
            line.number = number;
            line.text = "a line that is longer than a short string: " + std::to_string(number);
            queue.put(std::move(line), number);
        }
    });
    prepared_line line;
    std::uint64_t next = 1, wrong = 0;
    while (next <= many) {
        const auto cost = queue.take(line);
        if (cost == 0) {
            std::this_thread::yield();
            continue;
        }
        if (cost != next || line.number != next || !line.text.ends_with(std::to_string(next))) ++wrong;
        ++next;
    }
    reader.join();
    CHECK(wrong == 0);
    CHECK(queue.empty());
    CHECK(queue.take(line) == 0);
}

TEST_CASE("letters of several threads arrive, each thread's in their order, and a full box says so")
{
    mailbox<std::pair<int, std::uint64_t>> box(100);
    const auto write = [&](int who) {
        for (std::uint64_t number = 0; number < many;)
            if (box.put({who, number}))
                ++number;
            else
                std::this_thread::yield();
    };
    std::thread first(write, 0), second(write, 1);
    std::array<std::uint64_t, 2> next{};
    std::uint64_t wrong = 0;
    while (next[0] + next[1] < 2 * many) {
        box.taken();
        while (const auto letter = box.take())
            if (next.at(static_cast<std::size_t>(letter->first))++ != letter->second) ++wrong;
        std::this_thread::yield();
    }
    first.join();
    second.join();
    CHECK(wrong == 0);
    CHECK_FALSE(box.take());
}

TEST_CASE("log records arrive whole, and those that did not fit are counted")
{
    log_ring log;
    std::atomic<bool> done{false};
    std::thread wire([&] {
        for (std::uint64_t number = 0; number < many; ++number)
            log.put(number % 2 == 1, "record " + std::to_string(number));
        done = true;
    });
    std::uint64_t taken = 0, next = 0, wrong = 0;
    const auto take = [&] {
        log.take_all([&](bool warning, std::string_view text) {
            const auto number = std::stoull(std::string(text.substr(7)));
            if (number < next || warning != (number % 2 == 1)) ++wrong;
            next = number + 1;
            ++taken;
        });
    };
    while (!done)
        take();
    wire.join();
    take();
    CHECK(wrong == 0);
    CHECK(taken + log.take_lost() == many);
    CHECK(log.take_lost() == 0);
}

TEST_CASE("the newest value is whole and never older than the one before, and the last is not missed")
{
    struct state {
        std::uint64_t number = 0;
        std::string text;
    };
    newest_value<state> newest;
    CHECK(newest.take() == nullptr);
    std::thread wire([&] {
        for (std::uint64_t number = 1; number <= many; ++number) {
            state& draft = newest.draft();
            draft.number = number;
            draft.text = "state " + std::to_string(number);
            newest.post();
        }
    });
    std::uint64_t last = 0, wrong = 0;
    while (last < many)
        if (const auto* shown = newest.take()) {
            if (shown->number <= last || shown->text != "state " + std::to_string(shown->number)) ++wrong;
            last = shown->number;
        } else
            std::this_thread::yield();
    wire.join();
    CHECK(wrong == 0);
    CHECK(newest.take() == nullptr);
}

TEST_CASE("a ring that keeps its memory keeps its order, at both ends and while it grows")
{
    kept_ring<std::string> ring(2);
    for (int round = 0; round < 50; ++round) {
        ring.emplace_back(std::to_string(round));
        if (round % 3 == 0) ring.add_front() = "f" + std::to_string(round);
        if (round % 2 == 0) ring.pop_front();
    }
    std::size_t at = 0;
    for (const auto& one : ring)
        CHECK(&one == &ring[at++]);
    CHECK(at == ring.size());
    CHECK(ring[ring.size() - 1] == "49");
    ring.clear();
    CHECK(ring.empty());
    ring.add().assign("again");
    CHECK(ring.front() == "again");
}
