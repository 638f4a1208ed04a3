// How long a Klipper print takes, once its file was read.
#include "agent/timed_link.hpp"
#include "tests/fakes/fake_printer_link.hpp"
#include "tests/fakes/memory_file_store.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

using namespace layerline;
using printer::phase;

namespace {

// 1,000 moves of 10 mm at 10 mm/s, and as many bytes of comments after them.
std::string sliced()
{
    std::string text = "G28\nG1 F600\n";
    for (int i = 1; i <= 1000; ++i)
        text += "G1 X" + std::to_string(i * 10) + "\n";
    return text + "; " + std::string(text.size(), 'x') + "\n";
}

struct timed_bench {
    transport::net::io_context context;
    fakes::memory_file_store files;
    fakes::fake_printer_link* inner = nullptr;
    std::unique_ptr<agent::timed_link> link;
    bool over = false;

    timed_bench()
    {
        auto made = std::make_unique<fakes::fake_printer_link>();
        inner = made.get();
        files.files["gcode/a.gcode"] = sliced();
        link = std::make_unique<agent::timed_link>(context, std::move(made), files);
        transport::net::co_spawn(context, link->run(), [this](const std::exception_ptr&) { over = true; });
    }
    ~timed_bench()
    {
        link->stop();
        context.restart();
        while (!over && context.run_one_for(std::chrono::seconds(30)) > 0) {
        }
    }
    printer::printer_state at(double elapsed_s, double share, phase now = phase::printing) const
    {
        printer::printer_state state;
        state.now = now;
        state.job.emplace();
        state.job->path = "gcode/a.gcode";
        state.job->elapsed_s = elapsed_s;
        state.job->left_s = 77; // as the link below thinks
        state.job->done_bytes = static_cast<std::uint64_t>(share * static_cast<double>(sliced().size()));
        return state;
    }
    // Runs until the link waits for news with the file read.
    double left_after_reading()
    {
        for (;;) {
            const auto state = link->state();
            if (inner->waiting > 0 && state.job && state.job->left_s != 77.0) return *state.job->left_s;
            context.restart();
            REQUIRE(context.run_one_for(std::chrono::seconds(30)) > 0);
        }
    }
};

} // namespace

TEST_CASE("a print behind Moonraker is timed by the moves of its file, not by its bytes")
{
    timed_bench bench;
    bench.inner->become(bench.at(500, 0.25));
    CHECK(bench.left_after_reading() == Approx(500).epsilon(0.03));
    // Comments at its end take no time.
    for (int i = 0; i < 40; ++i)
        bench.inner->become(bench.at(500 + 12.5 * i, 0.25 + 0.25 / 40 * i));
    const auto told = bench.link->state().job->left_s;
    REQUIRE(told);
    CHECK(*told < 60);
}

TEST_CASE("a printer that is slower than its file makes the rest longer")
{
    timed_bench bench;
    bench.inner->become(bench.at(1000, 0.25)); // twice as long as its moves
    CHECK(bench.left_after_reading() == Approx(1000).epsilon(0.25));
}

TEST_CASE("a pause leaves the time left alone, and the next print is timed anew")
{
    timed_bench bench;
    bench.inner->become(bench.at(500, 0.25));
    const double told = bench.left_after_reading();
    for (const auto still : {phase::pausing, phase::paused, phase::resuming, phase::printing}) {
        bench.inner->become(bench.at(500, 0.25, still));
        CHECK(*bench.link->state().job->left_s == told);
    }
    bench.inner->become(bench.at(10, 0.001));
    CHECK(*bench.link->state().job->left_s == 77);
    // Five times as long as its moves so far, which is little to go by.
    CHECK(bench.left_after_reading() == Approx(1050).epsilon(0.05));
}

TEST_CASE("a file that cannot be read leaves what the printer itself says")
{
    timed_bench bench;
    bench.files.files.clear();
    bench.inner->become(bench.at(500, 0.25));
    bench.context.restart();
    while (bench.inner->waiting == 0)
        REQUIRE(bench.context.run_one_for(std::chrono::seconds(30)) > 0);
    CHECK(*bench.link->state().job->left_s == 77);
}
