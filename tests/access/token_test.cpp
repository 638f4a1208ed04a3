// Tokens: made, believed, and dead at once when revoked.
#include "access/base64.hpp"
#include "access/error.hpp"
#include "access/store.hpp"
#include "access/token_clock.hpp"
#include "access/token_memory.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <thread>

using namespace layerline::access;
using namespace std::chrono_literals;
namespace transport = layerline::transport;

namespace {

constexpr std::int64_t today = 1800000000;

// A store, a service on it and clocks that the test turns.
struct bench {
    scratch_folder folder;
    std::int64_t wall = today;
    transport::clock::time_point steady{1000h};
    transport::net::io_context context;
    std::unique_ptr<store> keeper;
    std::unique_ptr<token_service> tokens;

    bench() { restart(); }
    void restart(std::chrono::milliseconds rest_after = 10s)
    {
        tokens.reset();
        keeper.reset();
        store_options options;
        options.file = folder / "access.db";
        options.busy_timeout = 50ms;
        options.rest_after = rest_after;
        auto opened = open_store(options);
        REQUIRE(opened.has_value());
        keeper = std::move(*opened);
        tokens = make_token_service(*keeper, {[this] { return wall; }, [this] { return steady; }});
    }
    new_token create(std::optional<std::chrono::seconds> lifetime = {})
    {
        auto made = run(context, tokens->create({"phone", {scope::control}, {}, true, lifetime}));
        REQUIRE(made.has_value());
        return *made;
    }
    authentication ask(const std::string& secret) { return run(context, tokens->authenticate(secret)); }
    bool good(const std::string& secret) { return std::holds_alternative<principal>(ask(secret)); }
    credential_fault fault(const std::string& secret)
    {
        const auto answer = ask(secret);
        REQUIRE(std::holds_alternative<credential_fault>(answer));
        return std::get<credential_fault>(answer);
    }
    void pass(std::chrono::seconds time)
    {
        wall += time.count();
        steady += time;
    }
};

void raw(const std::filesystem::path& file, const std::string& sql)
{
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    CHECK(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}

} // namespace

TEST_CASE("a new token has its form, and its secret is not kept")
{
    bench b;
    const auto made = b.create(1h);
    CHECK(made.secret.starts_with("ll_"));
    CHECK(made.secret.size() == 46);
    CHECK(from_base64url(made.secret.substr(3))->size() == 32);
    CHECK(made.record.id.starts_with("t-"));
    CHECK(made.record.id.size() == 14);
    CHECK(made.record.expires_unix == today + 3600);
    b.restart();
    for (const auto& each : std::filesystem::directory_iterator(b.folder.path()))
        CHECK(get_file(each.path()).find(made.secret.substr(3)) == std::string::npos);
}

TEST_CASE("a token gives its principal, before and after a restart")
{
    bench b;
    const std::string id(26, 'a');
    const auto made = run(b.context, b.tokens->create({"phone", {scope::files}, {id}, false, {}}));
    REQUIRE(made.has_value());
    for (int i = 0; i < 2; ++i) {
        const auto answer = b.ask(made->secret);
        REQUIRE(std::holds_alternative<principal>(answer));
        const auto& who = std::get<principal>(answer);
        CHECK(who.id == made->record.id);
        CHECK(who.name == "phone");
        CHECK(who.scopes == scope_set{scope::files});
        CHECK(who.printers == std::vector<std::string>{id});
        CHECK_FALSE(who.all_printers);
        b.restart();
    }
}

TEST_CASE("whatever is no token of ours is unknown")
{
    bench b;
    const auto made = b.create();
    for (const std::string& wrong :
         {std::string(), std::string("ll_"), made.secret + "x", made.secret.substr(0, 45),
          made.secret.substr(3), "LL_" + made.secret.substr(3), "ll_" + std::string(43, 'A'),
          std::string(1 << 20, 'a'), made.secret + std::string(1000, 'x')})
        CHECK(b.fault(wrong) == credential_fault::unknown);
    CHECK(b.good(made.secret));
}

TEST_CASE("a revoked token is dead at once and stays dead")
{
    bench b;
    const auto made = b.create();
    const auto other = b.create();
    CHECK(b.good(made.secret));
    CHECK(*run(b.context, b.tokens->revoke(made.record.id)));
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK(b.good(other.secret));
    b.restart();
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK(*run(b.context, b.tokens->revoke(made.record.id)));
    CHECK_FALSE(*run(b.context, b.tokens->revoke("t-nobody")));
    const auto all = run(b.context, b.tokens->list());
    REQUIRE(all.has_value());
    for (const auto& record : *all)
        CHECK(record.revoked_unix.has_value() == (record.id == made.record.id));
}

TEST_CASE("a token is dead while its revocation still waits for the store")
{
    bench b;
    const auto made = b.create();
    bool answered = false;
    transport::net::co_spawn(b.context, b.tokens->revoke(made.record.id),
                             [&](std::exception_ptr, transport::result<bool>) { answered = true; });
    b.context.restart();
    b.context.poll_one(); // the coroutine has begun
    if (!answered) {
        auto answer = std::make_shared<std::optional<authentication>>();
        transport::net::co_spawn(
            b.context, b.tokens->authenticate(made.secret),
            [answer](std::exception_ptr, authentication got) { *answer = std::move(got); });
        while (!*answer && b.context.run_one() > 0) {
        }
        REQUIRE(*answer);
        CHECK(std::get<credential_fault>(**answer) == credential_fault::dead);
    }
    b.context.run();
}

TEST_CASE("a revocation that the store refuses says so, and the token is dead here all the same")
{
    bench b;
    const auto made = b.create();
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((b.folder / "access.db").c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, "begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto revoked = run(b.context, b.tokens->revoke(made.record.id));
    CHECK(revoked.has_error());
    CHECK(revoked.error() == errc::store_locked);
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK(run(b.context, b.tokens->create({"x", {scope::view}, {}, true, {}})).error() == errc::store_locked);
    sqlite3_close(db);
    CHECK(*run(b.context, b.tokens->revoke(made.record.id)));
    b.restart();
    CHECK(b.fault(made.secret) == credential_fault::dead);
}

TEST_CASE("a token ends with its time")
{
    bench b;
    const auto made = b.create(60s);
    b.pass(59s);
    CHECK(b.good(made.secret));
    CHECK(*run(b.context, b.tokens->any()));
    b.pass(1s);
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK_FALSE(*run(b.context, b.tokens->any()));
    b.restart();
    CHECK(b.fault(made.secret) == credential_fault::dead);
}

TEST_CASE("a clock set back neither revives a token nor lengthens its life")
{
    bench b;
    const auto made = b.create(60s);
    SECTION("after its end was seen")
    {
        b.pass(60s);
        CHECK(b.fault(made.secret) == credential_fault::dead);
        b.wall -= 3600;
        CHECK(b.fault(made.secret) == credential_fault::dead);
    }
    SECTION("before its end")
    {
        b.wall -= 3600;
        b.pass(59s);
        CHECK(b.good(made.secret));
        b.pass(1s);
        CHECK(b.fault(made.secret) == credential_fault::dead);
    }
    SECTION("and started while the clock stands before its making")
    {
        b.wall = 0;
        b.restart();
        CHECK(b.good(made.secret));
        b.steady += 60s;
        CHECK(b.fault(made.secret) == credential_fault::dead);
    }
    SECTION("while a clock set right ends it in time")
    {
        b.wall = 0;
        b.restart();
        CHECK(b.good(made.secret));
        b.wall = today + 60;
        CHECK(b.fault(made.secret) == credential_fault::dead);
    }
}

TEST_CASE(
    "a clock that is stepped by years while the process runs ends no token early or late, and loses none")
{
    bench b;
    const auto made = b.create(60s), other = b.create(std::chrono::hours(24 * 365));
    static constexpr std::int64_t ten_years = 10LL * 365 * 24 * 3600;
    const auto step = GENERATE(1, -1) * ten_years;
    b.wall += step;
    b.pass(59s);
    CHECK(b.good(made.secret));
    (void)b.create();
    b.pass(1s);
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK(b.good(other.secret));
    b.wall -= step; // it was a mistake, and the next start finds the clock right
    b.restart();
    CHECK(b.fault(made.secret) == credential_fault::dead);
    CHECK(b.good(other.secret));
}

TEST_CASE("the last use is shown at once and written at most once a minute")
{
    bench b;
    const auto made = b.create();
    const auto kept = [&] { return run(b.context, b.keeper->load_tokens())->at(0).record.last_used_unix; };
    CHECK_FALSE(kept());
    CHECK(b.good(made.secret));
    CHECK(kept() == today);
    b.pass(30s);
    CHECK(b.good(made.secret));
    CHECK(kept() == today);
    CHECK(run(b.context, b.tokens->list())->at(0).last_used_unix == today + 30);
    b.pass(30s);
    CHECK(b.good(made.secret));
    CHECK(kept() == today + 60);
}

TEST_CASE("a token that cannot be is refused")
{
    bench b;
    const auto wrong = [&](token_spec spec) {
        const auto made = run(b.context, b.tokens->create(std::move(spec)));
        return made.has_error() && made.error() == errc::invalid_spec;
    };
    CHECK(wrong({"", {scope::view}, {}, true, {}}));
    CHECK(wrong({std::string(65, 'a'), {scope::view}, {}, true, {}}));
    CHECK(wrong({"a\nb", {scope::view}, {}, true, {}}));
    CHECK(wrong({"a", {}, {}, true, {}}));
    CHECK(wrong({"a", {scope::view}, {"not an id"}, false, {}}));
    CHECK(wrong({"a", {scope::view}, std::vector<std::string>(257, std::string(26, 'a')), false, {}}));
    CHECK(wrong({"a", {scope::view}, {}, true, 0s}));
    CHECK(wrong({"a", {scope::view}, {}, true, -5s}));
    CHECK(wrong({"a", {scope::view}, {}, true, std::chrono::seconds::max()}));
    CHECK(run(b.context, b.tokens->list())->empty());
}

TEST_CASE("a store that does not answer at the start is told as such, and tried again")
{
    bench b;
    const auto made = b.create();
    b.restart();
    raw(b.folder / "access.db", "alter table tokens rename to hidden");
    CHECK(b.fault(made.secret) == credential_fault::store);
    CHECK(run(b.context, b.tokens->any()).has_error());
    raw(b.folder / "access.db", "alter table hidden rename to tokens");
    CHECK(b.good(made.secret));
}

TEST_CASE("what another process did to the tokens is taken over")
{
    bench b;
    const auto made = b.create();
    CHECK(b.good(made.secret));
    raw(b.folder / "access.db", "update tokens set revoked = 1800000001");
    // The store looks about once a second; each call gives it the chance, and none sleeps here.
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (b.keeper->outside_changes() == 0 && std::chrono::steady_clock::now() < until)
        (void)run(b.context, b.keeper->fact("nothing"));
    CHECK(b.keeper->outside_changes() > 0);
    CHECK(b.fault(made.secret) == credential_fault::dead);
}

TEST_CASE("a store that nobody asked rests, and the first question after that finds what happened meanwhile")
{
    bench b;
    b.restart(0ms); // rests whenever it has nothing to do
    const auto made = b.create();
    for (int i = 0; i < 3; ++i) {
        CHECK(b.good(made.secret));
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (!b.keeper->rests() && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        CHECK(b.keeper->rests());
    }
    raw(b.folder / "access.db", "update tokens set revoked = 1800000001");
    CHECK(b.fault(made.secret) == credential_fault::dead);
}

TEST_CASE("rows that were read before a revocation do not undo it")
{
    token_memory memory;
    stored_token row;
    row.record.id = "t-1";
    row.secret_hash = sha256("secret");
    const token_memory::now now{today, transport::clock::time_point(1h)};
    memory.merge({row}, now);
    CHECK(memory.kill("t-1", now));
    memory.merge({row}, now);
    CHECK(std::get<credential_fault>(memory.look_up("secret", now).answer) == credential_fault::dead);
    CHECK_FALSE(memory.kill("t-2", now));
}

TEST_CASE("several threads ask while one revokes")
{
    token_memory memory;
    const token_memory::now now{today, transport::clock::time_point(1h)};
    std::vector<stored_token> rows;
    for (int i = 0; i < 50; ++i) {
        stored_token row;
        row.record.id = "t-" + std::to_string(i);
        row.secret_hash = sha256("secret " + std::to_string(i));
        rows.push_back(row);
    }
    memory.merge(rows, now);
    std::vector<std::thread> threads;
    std::atomic<int> unknown{0};
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 2000; ++i) {
                const auto answer = memory.look_up("secret " + std::to_string(i % 50), now).answer;
                const auto* fault = std::get_if<credential_fault>(&answer);
                if (fault != nullptr && *fault != credential_fault::dead) ++unknown;
            }
        });
    for (int i = 0; i < 50; ++i)
        memory.kill("t-" + std::to_string(i), now);
    for (auto& thread : threads)
        thread.join();
    CHECK(unknown == 0);
    CHECK_FALSE(memory.any_live(now));
}

TEST_CASE("tokens that were dead for 90 days are forgotten, those dead for less are not")
{
    bench b;
    const auto revoked = b.create();
    const auto expires = b.create(1h);
    const auto good = b.create();
    CHECK(*run(b.context, b.tokens->revoke(revoked.record.id)));
    b.pass(std::chrono::hours(24 * 89));
    (void)b.create();
    CHECK(b.fault(revoked.secret) == credential_fault::dead);
    CHECK(b.fault(expires.secret) == credential_fault::dead);
    b.restart();
    CHECK(b.fault(revoked.secret) == credential_fault::dead);
    CHECK(run(b.context, b.tokens->list())->size() == 4);
    b.pass(std::chrono::hours(24 * 2));
    SECTION("when a new one is made")
    {
        (void)b.create();
    }
    SECTION("when the store is read first")
    {
        b.restart();
    }
    CHECK(b.fault(revoked.secret) == credential_fault::unknown);
    CHECK(b.fault(expires.secret) == credential_fault::unknown);
    CHECK(b.good(good.secret));
    b.restart();
    CHECK(b.fault(expires.secret) == credential_fault::unknown);
    CHECK(b.good(good.secret));
}

TEST_CASE("who listens hears of each revocation before revoke() returns, also of another process's")
{
    bench b;
    const auto made = b.create();
    const auto other = b.create();
    std::vector<std::string> heard;
    b.tokens->on_revoked([&](const std::string& id) { heard.push_back(id); });
    CHECK(*run(b.context, b.tokens->revoke(made.record.id)));
    CHECK(heard == std::vector<std::string>{made.record.id});
    CHECK_FALSE(*run(b.context, b.tokens->revoke("t-aaaaaaaaaaaa")));
    CHECK(heard.size() == 1);
    CHECK(b.good(other.secret)); // reads the store
    raw(b.folder / "access.db", "update tokens set revoked = 1 where id = '" + other.record.id + "'");
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (b.good(other.secret) && std::chrono::steady_clock::now() < until)
        std::this_thread::yield(); // the store looks about once a second, on a thread of its own
    CHECK(heard.size() == 2);
    CHECK(heard.back() == other.record.id);
}

TEST_CASE("a principal knows when its token ends")
{
    bench b;
    const auto brief = b.create(1h), endless = b.create();
    CHECK(std::get<principal>(b.ask(brief.secret)).ends == b.steady + 1h);
    CHECK_FALSE(std::get<principal>(b.ask(endless.secret)).ends);
}
