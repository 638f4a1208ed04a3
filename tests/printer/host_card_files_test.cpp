// The files of the printer's own card: listed, and begun through the same gate as any print.
#include "host_bench.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

using said_lines = std::vector<std::string>;

// A printer with a card, that says of M20, M21 and M23 what the test tells it to.
struct files_bench : host_bench {
    std::size_t heard = 0;
    std::vector<said_lines> lists; // one for each M20; the last stays
    std::vector<said_lines> opens; // the same of M23
    int mounts = 0;

    explicit files_bench(firmware_kind kind = firmware_kind::marlin2, durable_state before = {})
        : host_bench(std::move(before))
    {
        acknowledges = false;
        connect({"SDCARD"});
        if (kind != firmware_kind::marlin2)
            core.on_event(connected{firmware_info{"Marlin 2", "Rig", "u-1", {"SDCARD"}}, kind}, now);
    }
    static said_lines next_of(std::vector<said_lines>& all)
    {
        if (all.empty()) return {};
        auto first = all.front();
        if (all.size() > 1) all.erase(all.begin());
        return first;
    }
    // Answers what was sent since, the words first and the ok behind them or, with `ok_first`, before them.
    void answer_wire(bool ok_first = false)
    {
        run();
        for (; heard < sent.size(); ++heard) {
            said_lines words;
            const auto text = sent[heard];
            if (text.starts_with("M20")) words = next_of(lists);
            if (text.starts_with("M23")) words = next_of(opens);
            mounts += text == "M21";
            const auto take = [&] {
                core.on_event(acknowledged{owed.front()}, now);
                owed.pop_front();
            };
            if (ok_first) take();
            for (const auto& line : words)
                core.on_event(said{line}, now);
            if (!ok_first) take();
            run();
        }
    }
    std::uint64_t order(action what, terms how = {}, bool ok_first = false)
    {
        const auto ticket = ask(std::move(what), std::move(how));
        answer_wire(ok_first);
        return ticket;
    }
    card_page page_of(std::uint64_t ticket) const
    {
        const auto found = answers.find(ticket);
        if (found == answers.end() || !std::holds_alternative<performed>(found->second)) return {};
        return std::get<performed>(found->second).card.value_or(card_page{});
    }
    std::string words_of(std::uint64_t ticket) const
    {
        return std::get<printer_failure>(answers.at(ticket)).detail;
    }
};

const said_lines opened{"echo:Now fresh file: PART~1.GCO", "File opened: PART~1.GCO Size: 5000",
                        "File selected"};
const said_lines no_such{"echo:Now fresh file: NONE.GCO", "open failed, File: NONE.GCO."};

action start_of(const char* path, bool bed_clear = true)
{
    return start_job{path, bed_clear};
}

} // namespace

TEST_CASE("the card's files are listed with their long names")
{
    files_bench bench;
    bench.lists = {{"Begin file list", "PART~1.GCO 5000 A part with a long name.gcode",
                    "SUB/INNER~1.GCO 62 inner.gcode", "B.GCO 7", "End file list"}};
    const auto ticket = bench.order(list_card{});
    CHECK(bench.was_sent("M20 L"));
    const auto page = bench.page_of(ticket);
    CHECK(page.total == 3);
    REQUIRE(page.files.size() == 3);
    CHECK(page.files[0] == card_file{"card/PART~1.GCO", "A part with a long name.gcode", 5000});
    CHECK(page.files[1] == card_file{"card/SUB/INNER~1.GCO", "inner.gcode", 62});
    CHECK(page.files[2] == card_file{"card/B.GCO", "B.GCO", 7});
}

TEST_CASE("each family is asked for its card's list in its own form, whether its ok comes first or last")
{
    for (const auto kind : {firmware_kind::marlin1, firmware_kind::marlin2, firmware_kind::prusa,
                            firmware_kind::repetier, firmware_kind::smoothie})
        for (const bool ok_first : {false, true}) {
            INFO(profile_of(kind).name << ok_first);
            files_bench bench(kind);
            bench.lists = {{"Begin file list", "A.GCO 62", "End file list"}};
            const auto ticket = bench.order(list_card{}, {}, ok_first);
            CHECK(bench.was_sent(std::string(profile_of(kind).list_card)));
            CHECK(bench.page_of(ticket).files.size() == 1);
        }
}

TEST_CASE("a long list comes in pages of a bounded size")
{
    files_bench bench;
    said_lines list{"Begin file list"};
    for (int i = 0; i < 400; ++i)
        list.push_back("F" + std::to_string(i) + ".GCO 10 " + std::string(200, 'n'));
    list.emplace_back("End file list");
    bench.lists = {list};
    std::uint64_t seen = 0;
    for (int pages = 0; seen < 400; ++pages) {
        REQUIRE(pages < 20);
        const auto page = bench.page_of(bench.order(list_card{seen}));
        CHECK(page.total == 400);
        REQUIRE_FALSE(page.files.empty());
        CHECK(page.files.size() <= max_card_files);
        CHECK(page.files.front().path == "card/F" + std::to_string(seen) + ".GCO");
        seen += page.files.size();
    }
}

TEST_CASE("a card that tells no file is mounted and asked once more, and then it is empty")
{
    files_bench bench;
    bench.lists = {{"Begin file list", "End file list"}, {"Begin file list", "A.GCO 1", "End file list"}};
    auto ticket = bench.order(list_card{});
    CHECK(bench.mounts == 1);
    CHECK(bench.page_of(ticket).files.size() == 1);
    files_bench empty;
    empty.lists = {{"Begin file list", "End file list"}};
    ticket = empty.order(list_card{});
    CHECK(empty.mounts == 1);
    CHECK(empty.done(ticket));
    CHECK(empty.page_of(ticket).total == 0);
}

TEST_CASE("a printer that tells no list is no card that is empty")
{
    files_bench bench;
    bench.lists = {{"echo:No media"}};
    const auto ticket = bench.order(list_card{});
    bench.pass(3s);
    bench.answer_wire();
    bench.pass(3s);
    CHECK(bench.refusal(ticket) == printer_errc::refused);
    // And one that breaks off in the middle has an end.
    bench.lists = {{"Begin file list", "A.GCO 1"}};
    const auto half = bench.order(list_card{});
    bench.pass(25s);
    CHECK(bench.refusal(half) == printer_errc::no_answer);
}

TEST_CASE("the card is not read while something is printed, and a printer without one says so")
{
    files_bench bench;
    bench.start({"G28", "G1 X1"});
    REQUIRE(bench.where_now() == phase::printing);
    CHECK(bench.refusal(bench.ask(list_card{})) == printer_errc::wrong_state);
    host_bench none;
    none.connect({});
    CHECK(none.refusal(none.ask(list_card{})) == printer_errc::unsupported);
    CHECK(none.refusal(none.ask(start_of("card/A.GCO"))) == printer_errc::unsupported);
}

TEST_CASE("a file of the card is opened first and begun only when the printer said that it is open")
{
    files_bench bench;
    bench.opens = {opened};
    const auto ticket = bench.ask(start_of("card/PART~1.GCO"));
    CHECK(bench.sent.back() == "M23 PART~1.GCO");
    CHECK_FALSE(bench.was_sent("M24"));
    CHECK(bench.where_now() == phase::idle);
    bench.answer_wire();
    CHECK(bench.was_sent("M24"));
    REQUIRE(bench.done(ticket));
    CHECK(bench.where_now() == phase::printing);
    const auto job = bench.core.state(bench.now).job;
    REQUIRE(job);
    CHECK(job->id == "j-00000000000000aa");
    CHECK(job->path == "card/PART~1.GCO");
    CHECK(job->size_bytes == 5000U);
    CHECK_FALSE(job->progress);
    bench.core.on_event(said{"SD printing byte 2500/5000"}, bench.now);
    CHECK(bench.core.state(bench.now).job->done_bytes == 2500U);
    CHECK_FALSE(bench.core.state(bench.now).job->progress); // bytes that were read are not what was printed
}

TEST_CASE("a start from the card goes through the same gate as any other")
{
    files_bench bench;
    bench.opens = {opened};
    // The bed, once something was printed.
    CHECK(bench.done(bench.order(start_of("card/PART~1.GCO"))));
    CHECK(bench.refusal(bench.ask(start_of("card/PART~1.GCO"))) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.start({"G28"})) == printer_errc::wrong_state);
    bench.hear(said{"Done printing file"});
    CHECK(bench.where_now() == phase::finished);
    CHECK(bench.refusal(bench.order(start_of("card/PART~1.GCO", false))) == printer_errc::bed_not_clear);
    CHECK(bench.refusal(bench.ask(start_job{"gcode/a.gcode", false}, {},
                                  std::make_shared<listed_lines>(said_lines{"G28"}))) ==
          printer_errc::bed_not_clear);
    // Its terms.
    terms elsewhere;
    elsewhere.expected_state = phase::paused;
    CHECK(bench.refusal(bench.ask(start_of("card/PART~1.GCO"), elsewhere)) == printer_errc::wrong_state);
    CHECK(bench.done(bench.order(start_of("card/PART~1.GCO"))));
    // A record that says so is on the disk before the printer hears of it.
    files_bench full;
    full.disk_works = false;
    CHECK(full.refusal(full.ask(start_of("card/PART~1.GCO"))) == printer_errc::host_failure);
    CHECK_FALSE(full.was_sent("M23 PART~1.GCO"));
}

TEST_CASE("starts from the card count among the starts of an hour")
{
    files_bench bench;
    bench.opens = {opened};
    int begun = 0;
    while (begun < 50 && bench.done(bench.order(start_of("card/PART~1.GCO")))) {
        ++begun;
        bench.hear(said{"Done printing file"});
        bench.answer_wire();
    }
    CHECK(begun == host_settings{}.starts_an_hour);
}

TEST_CASE("a file that the card does not have begins nothing, and the bed stays as it was")
{
    files_bench bench;
    bench.opens = {no_such};
    const auto ticket = bench.order(start_of("card/NONE.GCO"));
    CHECK(bench.refusal(ticket) == printer_errc::no_such_file);
    CHECK_FALSE(bench.was_sent("M24"));
    CHECK(bench.where_now() == phase::idle);
    CHECK(bench.core.state(bench.now).bed_clear);
    CHECK(bench.kept.back().bed().clear);
    // Nor does one that nothing is said of.
    bench.opens = {{}};
    const auto mute = bench.order(start_of("card/NONE.GCO"));
    bench.pass(3s);
    CHECK(bench.refusal(mute) == printer_errc::refused);
    CHECK_FALSE(bench.was_sent("M24"));
}

TEST_CASE("a start from the card that comes late is not begun")
{
    files_bench bench;
    bench.opens = {opened};
    terms soon;
    soon.time_left = 3s;
    const auto ticket = bench.ask(start_of("card/PART~1.GCO"), soon);
    bench.pass(5s); // the printer is busy with M23
    bench.answer_wire();
    CHECK(bench.refusal(ticket) == printer_errc::late);
    CHECK_FALSE(bench.was_sent("M24"));
}

TEST_CASE("a printer that goes away while it opens the card's file has begun nothing")
{
    files_bench bench;
    const auto ticket = bench.ask(start_of("card/PART~1.GCO"));
    bench.core.port_lost(printer_errc::port_gone, "unplugged", bench.now);
    bench.run();
    CHECK(bench.refusal(ticket) == printer_errc::no_answer);
    bench.acknowledges = true;
    bench.owed.clear();
    bench.connect({"SDCARD"});
    CHECK(bench.where_now() == phase::idle);
    CHECK_FALSE(bench.was_sent("M24"));
}

TEST_CASE("names that a card cannot have are refused before the printer hears of them")
{
    files_bench bench;
    for (const auto* path :
         {"card/", "card/../A.GCO", "card/A", "card/A.GCO M112", "card/A.GCO\nM112", "card/A;B.GCO",
          "card/A*B.GCO", "card//A.GCO", "card/M110.GCO", "card/.A.GCO",
          "card/M110.GCO.toolongtoolongtoolongtoolongtoolongtoolongtoolongtoolongtoolong.G"}) {
        INFO(path);
        CHECK(bench.refusal(bench.ask(start_of(path))) == printer_errc::out_of_range);
    }
}

TEST_CASE("a print of the card that is found under way is asked for its file")
{
    files_bench bench;
    bench.core.on_event(said{"SD printing byte 100/5000"}, bench.now);
    bench.core.on_event(said{"SD printing byte 200/5000"}, bench.now);
    bench.answer_wire();
    CHECK(bench.where_now() == phase::printing);
    CHECK(bench.was_sent("M27 C"));
    CHECK(bench.core.state(bench.now).job->path == "card/(chosen at the printer)");
    bench.core.on_event(said{"Current file: PART~1.GCO A part.gcode"}, bench.now);
    CHECK(bench.core.state(bench.now).job->path == "card/PART~1.GCO");
}
