// Prints from the printer's own card: what firmware says of them, and what the host makes of it.
#include "host_bench.hpp"
#include "printer/serial/card_reply.hpp"

#include <catch2/catch.hpp>

using namespace layerline::printer;
using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

template <class T>
std::optional<T> read(std::string_view line)
{
    const auto what = card_reply::parse(line);
    if (!what || !std::holds_alternative<T>(*what)) return std::nullopt;
    return std::get<T>(*what);
}

terms for_job(std::string id)
{
    terms how;
    how.expected_job = std::move(id);
    return how;
}

// A printer that prints from its card and answers M27 so.
struct card_bench : host_bench {
    std::uint64_t bytes = 0;
    bool printing = false;
    std::size_t answered = 0;

    explicit card_bench(std::vector<std::string> more = {})
    {
        more.emplace_back("SDCARD");
        more.emplace_back("EMERGENCY_PARSER");
        connect(std::move(more));
    }
    void time(std::chrono::seconds seconds)
    {
        for (; seconds.count() > 0; --seconds) {
            pass(1s);
            if (printing) bytes += 100;
            for (; answered < sent.size(); ++answered)
                if (sent[answered] == "M27")
                    hear(said{printing ? "SD printing byte " + std::to_string(bytes) + "/100000"
                                       : "Not SD printing"});
        }
    }
    void begin_at_the_panel()
    {
        printing = true;
        time(20s);
        REQUIRE(where_now() == phase::printing);
    }
};

} // namespace

TEST_CASE("what firmware says of its card is told from everything else")
{
    CHECK(read<card_reply::position>("SD printing byte 940/14896")->done == 940);
    CHECK(read<card_reply::position>("echo:SD printing byte 940/14896")->size == 14896);
    CHECK_FALSE(card_reply::parse("SD printing byte 940"));
    CHECK_FALSE(card_reply::parse("SD printing byte x/y"));
    CHECK(read<card_reply::not_printing>("Not SD printing"));
    CHECK(read<card_reply::paused>("SD print paused at: 1/2"));
    CHECK(read<card_reply::opened>("File opened: ALONGE~1.GCO Size: 62")->name == "ALONGE~1.GCO");
    CHECK(read<card_reply::opened>("File opened: ALONGE~1.GCO Size: 62")->size == 62U);
    CHECK(read<card_reply::opened>("echo:Now fresh file: A.GCO")->name == "A.GCO");
    CHECK(read<card_reply::opened>("enqueueing \"M23 part.g\"")->name == "part.g");
    CHECK(read<card_reply::started_there>("echo:enqueueing \"M24\""));
    CHECK(read<card_reply::not_opened>("open failed, File: NOPE.GCO."));
    CHECK(read<card_reply::ended>("Done printing file"));
    CHECK(read<card_reply::current>("Current file: PART~1.GCO A part.gcode")->name == "PART~1.GCO");
    CHECK_FALSE(card_reply::parse("Current file: (no file)"));
    CHECK_FALSE(card_reply::parse("echo:busy: processing"));
    CHECK_FALSE(card_reply::parse(""));
}

TEST_CASE("entries of a card's list are read in every family's form")
{
    using card_reply::entry;
    using card_reply::parse_entry;
    CHECK(parse_entry("A.GCO 62") == entry{"A.GCO", "A.GCO", 62});
    CHECK(parse_entry("ALONGE~1.GCO 14129 A long name.gcode") ==
          entry{"ALONGE~1.GCO", "A long name.gcode", 14129});
    CHECK(parse_entry("SUB/INNER~1.GCO 62 0x5515758F inner file.gcode") ==
          entry{"SUB/INNER~1.GCO", "inner file.gcode", 62});
    CHECK(parse_entry("/P.G 7 \"quoted name.g\"") == entry{"P.G", "quoted name.g", 7});
    CHECK(parse_entry("P.G") == entry{"P.G", "P.G", std::nullopt});
    for (const auto* bad : {"", " ", "DIR_ENTER: /SUB/ \"sub\"", "DIR_EXIT", "SUB/", "A;B.G 5", "A*B.G 5",
                            "ok", "ok 137", "wait", "start", "T:20.5 /0.0 B:21.0 /0.0", "X:1.0 Y:2.0",
                            "../A.G 5", "A/../B.G 5", "Error:checksum mismatch, Last Line: 2"}) {
        INFO(bad);
        CHECK_FALSE(parse_entry(bad));
    }
}

TEST_CASE("a print begun at the printer is noticed, and a file that was only chosen is none")
{
    card_bench bench;
    bench.hear(said{"File opened: PART~1.GCO Size: 100000"});
    bench.hear(said{"File selected"});
    for (int i = 0; i < 5; ++i)
        bench.hear(said{"SD printing byte 0/100000"});
    CHECK(bench.where_now() == phase::idle);
    bench.begin_at_the_panel();
    const auto state = bench.core.state(bench.now);
    REQUIRE(state.job);
    CHECK(state.job->path == "card/PART~1.GCO");
    CHECK_FALSE(state.job->progress); // bytes that were read are not what was printed
    CHECK(state.job->size_bytes == 100000U);
    CHECK_FALSE(state.bed_clear);
    CHECK(bench.kept.back().bed_since == bed_event::printed);
}

TEST_CASE("while the card prints nothing else begins, moves or measures, and the heat stays")
{
    card_bench bench;
    bench.begin_at_the_panel();
    CHECK(bench.refusal(bench.start({"G28"})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(home_axes{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(move_axis{'z', 5, {}})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(release_motors{})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(run_gcode{"G1 X5"})) == printer_errc::wrong_state);
    CHECK(bench.refusal(bench.ask(confirm_bed_clear{})) == printer_errc::wrong_state);
    bench.sent.clear();
    bench.answered = 0;
    for (int minute = 0; minute < 45; ++minute) {
        bench.heat(200, 200, 60, 60);
        bench.time(60s);
    }
    CHECK_FALSE(bench.was_sent("M104 S0"));
    CHECK(bench.where_now() == phase::printing);
}

TEST_CASE("a print from the card ends as the printer says, or as its silence about it says")
{
    {
        card_bench bench;
        bench.begin_at_the_panel();
        bench.hear(said{"Done printing file"});
        CHECK(bench.where_now() == phase::finished);
        CHECK(bench.core.state(bench.now).job->progress == 1.0);
        CHECK(bench.done(bench.ask(confirm_bed_clear{})));
        CHECK(bench.where_now() == phase::idle);
    }
    {
        card_bench bench;
        bench.begin_at_the_panel();
        bench.printing = false;
        bench.hear(said{"Not SD printing"}); // once is no end
        CHECK(bench.where_now() == phase::printing);
        bench.time(10s);
        CHECK(bench.where_now() == phase::cancelled);
        CHECK(bench.core.state(bench.now).reason == "the print was ended at the printer");
    }
    {
        card_bench bench;
        bench.begin_at_the_panel();
        bench.hear(host_action{"cancel"});
        CHECK(bench.where_now() == phase::cancelled);
    }
}

TEST_CASE("a pause at the printer is no end, and a print from the card is paused and resumed from afar")
{
    card_bench bench;
    bench.begin_at_the_panel();
    const auto id = bench.core.state(bench.now).job->id;
    bench.hear(host_action{"paused"});
    bench.printing = false;
    bench.time(60s);
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.done(bench.ask(resume_job{}, for_job(id))));
    CHECK(bench.was_sent("M24"));
    bench.printing = true;
    bench.time(10s);
    CHECK(bench.where_now() == phase::printing);
    CHECK(bench.done(bench.ask(pause_job{})));
    CHECK(bench.was_sent("M25"));
    CHECK(bench.where_now() == phase::pausing);
    bench.printing = false;
    bench.time(10s);
    CHECK(bench.where_now() == phase::paused);
    CHECK(bench.refusal(bench.ask(resume_job{}, for_job("j-other"))) == printer_errc::wrong_state);
}

TEST_CASE("a print from the card is cancelled in the family's way, and ends in cold")
{
    for (const auto kind : {firmware_kind::marlin2, firmware_kind::prusa}) {
        card_bench bench;
        bench.core.on_event(connected{firmware_info{"Marlin 2", "Rig", "u-1", {"SDCARD"}}, kind}, bench.now);
        bench.begin_at_the_panel();
        CHECK(bench.done(bench.ask(cancel_job{})));
        CHECK(bench.where_now() == phase::cancelling);
        CHECK(bench.was_sent(kind == firmware_kind::marlin2 ? "M524" : "M26 S0"));
        CHECK(bench.was_sent("M104 S0"));
        CHECK(bench.was_sent("M140 S0"));
        bench.printing = false;
        bench.time(5s);
        CHECK(bench.where_now() == phase::cancelled);
    }
}

TEST_CASE("stopping the print host leaves a print from the card, and its heat, to the printer")
{
    card_bench bench;
    bench.begin_at_the_panel();
    bench.heat(200, 200, 60, 60);
    bench.core.stop(bench.now);
    bench.run();
    CHECK(bench.core.may_leave(bench.now));
    CHECK_FALSE(bench.was_sent("M104 S0"));
}

TEST_CASE("a printer without a card is not asked for one")
{
    host_bench bench;
    bench.connect();
    bench.pass(1min);
    CHECK_FALSE(bench.was_sent("M27"));
}
