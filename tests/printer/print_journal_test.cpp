#include "printer/serial/print_journal.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <random>
#include <vector>

using namespace layerline::printer::serial;

namespace {

struct memory {
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(journal_writer::image_size() / 8 + 1);
    std::span<std::byte> bytes()
    {
        return std::as_writable_bytes(std::span(words)).first(journal_writer::image_size());
    }
    std::optional<journal_reading> read() { return read_journal(bytes()); }
};

journal_job job(const std::string& id = "j-1")
{
    return {.id = id, .path = "gcode/a.gcode", .boot = "boot", .file = {1, 2, 3, 4}};
}

resume_point at(std::uint64_t offset, double x = 1.5)
{
    resume_point p;
    p.at = print_step::printing;
    p.offset = offset;
    p.line = offset / 10;
    p.axes = {x, std::nullopt, 0.2};
    p.placed = 5;
    p.modes = {
        .absolute = false, .absolute_e = false, .inches = true, .feed_mm_min = 1800, .tool = 2, .fan = 0.5};
    p.e_mm = 12.25;
    p.layer = 0;
    p.layers_by_comments = true;
    p.slicer_left_s = 60;
    p.lines_acknowledged = 7;
    p.homed = 7;
    p.moved = true;
    p.wait = {heater_kind::bed, 1, 60.0, true};
    p.heaters[0] = {210, 209.5};
    p.heaters[6] = {60, std::nullopt};
    p.speed_factor = 1.1;
    return p;
}

} // namespace

TEST_CASE("a journal gives back what was noted for a line, whole")
{
    memory image;
    journal_writer journal(image.bytes());
    CHECK_FALSE(image.read());
    journal.begin(job(), 3, {});
    journal.next_number(4);
    journal.beat(77);
    journal.sent(4, at(100));
    journal.sent(5, at(200, -7.25));
    journal.next_number(6);
    const auto read = image.read();
    REQUIRE(read);
    CHECK(read->job == job());
    CHECK(read->beat_ns == 77);
    CHECK(read->wish == print_wish::go_on);
    REQUIRE(read->entries.size() == 3);
    const auto* p = find_point(*read, 5);
    REQUIRE(p);
    const auto wanted = at(200, -7.25);
    CHECK(p->at == wanted.at);
    CHECK(p->offset == 200);
    CHECK(p->line == 20);
    CHECK(p->axes == wanted.axes);
    CHECK(p->placed == 5);
    CHECK(p->modes == wanted.modes);
    CHECK(p->e_mm == 12.25);
    CHECK(p->layer == 0);
    CHECK(p->layers_by_comments);
    CHECK(p->slicer_left_s == 60);
    CHECK(p->lines_acknowledged == 7);
    CHECK(p->homed == 7);
    CHECK(p->moved);
    CHECK(p->wait.heater == heater_kind::bed);
    CHECK(p->wait.tool == 1);
    CHECK(p->wait.celsius == 60);
    CHECK(p->wait.cooling_too);
    CHECK(p->heaters == wanted.heaters);
    CHECK(p->speed_factor == 1.1);
    CHECK_FALSE(p->flow_factor);
}

TEST_CASE("a number without a record of its own was a question, and stands for the line before it")
{
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 3, at(0));
    journal.sent(4, at(100));
    journal.sent(7, at(200)); // 5 and 6 were M105s
    journal.next_number(9);   // and so was 8
    const auto read = image.read();
    REQUIRE(read);
    CHECK(find_point(*read, 3)->offset == 0);
    CHECK(find_point(*read, 4)->offset == 100);
    CHECK(find_point(*read, 6)->offset == 100);
    CHECK(find_point(*read, 7)->offset == 200);
    CHECK(find_point(*read, 8)->offset == 200);
    CHECK_FALSE(find_point(*read, 9)); // more than was ever sent
    CHECK_FALSE(find_point(*read, 2)); // a board that counts from nothing again
    CHECK_FALSE(find_point(*read, 0));
}

TEST_CASE("what a successor begins makes everything before it void")
{
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 3, at(0));
    journal.sent(4, at(100));
    journal.sent(5, at(200)); // never accepted
    journal.next_number(6);
    journal_writer next(image.bytes());
    next.begin(job(), 4, at(100));
    next.next_number(6); // its own question took number 5
    const auto read = image.read();
    REQUIRE(read);
    CHECK(find_point(*read, 5)->offset == 100);
    next.end();
    CHECK_FALSE(image.read());
    next.begin(job("j-2"), 9, at(0));
    CHECK(image.read()->job.id == "j-2");
    CHECK(image.read()->entries.size() == 1);
}

TEST_CASE("the ring keeps the newest lines, more of them than can be on the wire")
{
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 0, {});
    for (std::uint64_t n = 1; n <= 1000; ++n)
        journal.sent(n, at(n * 10));
    journal.next_number(1001);
    const auto read = image.read();
    REQUIRE(read);
    CHECK(read->entries.size() == journal_writer::records);
    CHECK(find_point(*read, 1000)->offset == 10'000);
    CHECK(find_point(*read, 900)->offset == 9'000);
    CHECK_FALSE(find_point(*read, 800));
}

TEST_CASE("wherever a process is killed in its writing, the journal holds the line before or the line itself")
{
    // Every store of a begin and a sent, byte by byte: the image before with a part of the image after.
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 3, at(0));
    journal.next_number(9);
    journal.sent(4, at(100));
    const auto before = image.words;
    journal.sent(5, at(200));
    const auto after = image.words;
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp)
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i] != after[i] && i != 1)
            changed.push_back(i); // word 1: the store that brings it into force
    REQUIRE(changed.size() > 10);
    for (int round = 0; round < 300; ++round) {
        image.words = before;
        for (const auto i : changed)
            if (random() % 2 == 0) image.words[i] = after[i];
        const auto read = image.read();
        REQUIRE(read);
        CHECK(find_point(*read, 5)->offset == 100); // 5 was never on the wire
    }
}

TEST_CASE("a damaged record is never passed over for an older one")
{
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 3, at(0));
    for (std::uint64_t n = 4; n <= 20; ++n)
        journal.sent(n, at(n * 10));
    journal.next_number(21);
    const auto good = image.words;
    std::mt19937 random(3); // NOLINT(cert-msc51-cpp)
    for (int round = 0; round < 2000; ++round) {
        image.words = good;
        auto& word = image.words[5 + random() % (image.words.size() - 5)];
        word ^= 1ULL << (random() % 64);
        const auto read = image.read();
        if (!read) continue;
        for (std::uint64_t n = 3; n <= 20; ++n)
            if (const auto* p = find_point(*read, n)) CHECK(p->offset == (n == 3 ? 0 : n * 10));
    }
}

TEST_CASE("what the print was wished to do survives, and a wish that is none counts as a pause")
{
    memory image;
    journal_writer journal(image.bytes());
    journal.begin(job(), 3, at(0));
    journal.wish(print_wish::cancel);
    CHECK(image.read()->wish == print_wish::cancel);
    journal.wish(static_cast<print_wish>(9));
    CHECK(image.read()->wish == print_wish::hold);
}

TEST_CASE("progress for a disk comes back whole or not at all")
{
    const std::string page = pack_progress(job(), {12, 0, at(500)});
    CHECK(page.size() < 4096);
    const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
    const auto read = read_progress(bytes(page));
    REQUIRE(read);
    CHECK(read->job == job());
    CHECK(read->entry.sequence == 12);
    CHECK(read->entry.point.offset == 500);
    for (std::size_t i = 0; i < page.size(); ++i) {
        std::string damaged = page;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        CHECK_FALSE(read_progress(bytes(damaged)));
    }
    CHECK_FALSE(read_progress(bytes(page.substr(0, page.size() - 1))));
}
