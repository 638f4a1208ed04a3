// The store, and each way in which a database fails.
#include "access/error.hpp"
#include "access/store.hpp"
#include "scratch.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <thread>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace layerline::access;
using namespace std::chrono_literals;
namespace transport = layerline::transport;

namespace {

store_options in(const scratch_folder& folder)
{
    store_options options;
    options.file = folder / "access.db";
    options.busy_timeout = 50ms;
    return options;
}

stored_token token(std::string id, unsigned char hash)
{
    stored_token row;
    row.record.id = std::move(id);
    row.record.spec.name = "it's a \"phone\"; drop table tokens";
    row.record.spec.scopes = {scope::control};
    row.record.spec.printers = {"aaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb"};
    row.record.created_unix = 5000000000; // after 2038
    row.record.expires_unix = 5000000060;
    row.secret_hash.fill(hash);
    return row;
}

printer_row printer(std::string id)
{
    printer_row row;
    row.agent_id = std::move(id);
    row.key.fill(7);
    row.name = "Küche";
    row.claimed_by = "t-1";
    row.claimed_unix = 5000000000;
    row.binding = binding_mode::off;
    return row;
}

void raw(const std::filesystem::path& file, const char* sql)
{
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}

// Another process that holds the write lock until this object goes.
class lock_holder {
public:
    explicit lock_holder(const std::filesystem::path& file)
    {
        REQUIRE(::pipe(ready_) == 0);
        REQUIRE(::pipe(done_) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            sqlite3* db = nullptr;
            char byte = 'n';
            if (sqlite3_open(file.c_str(), &db) == SQLITE_OK &&
                sqlite3_exec(db, "begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK)
                byte = 'y';
            ::close(done_[1]);
            (void)!::write(ready_[1], &byte, 1);
            (void)!::read(done_[0], &byte, 1);
            ::_exit(0);
        }
        ::close(done_[0]);
        char byte = 0;
        REQUIRE(::read(ready_[0], &byte, 1) == 1);
        REQUIRE(byte == 'y');
    }
    ~lock_holder()
    {
        ::close(done_[1]);
        ::waitpid(child_, nullptr, 0);
        ::close(ready_[0]);
        ::close(ready_[1]);
    }
    lock_holder(const lock_holder&) = delete;
    lock_holder& operator=(const lock_holder&) = delete;

private:
    int ready_[2]{}, done_[2]{};
    pid_t child_ = -1;
};

// Root may write everywhere, which would hide a read-only folder.
class unprivileged {
public:
    explicit unprivileged(const scratch_folder& folder) : root_(::geteuid() == 0)
    {
        constexpr uid_t nobody = 65534;
        if (!root_) return;
        for (const auto& each : std::filesystem::directory_iterator(folder.path()))
            REQUIRE(::chown(each.path().c_str(), nobody, nobody) == 0);
        REQUIRE(::chown(folder.path().c_str(), nobody, nobody) == 0);
        REQUIRE(::seteuid(nobody) == 0);
    }
    ~unprivileged()
    {
        if (root_) (void)!::seteuid(0);
    }
    unprivileged(const unprivileged&) = delete;
    unprivileged& operator=(const unprivileged&) = delete;

private:
    bool root_;
};

} // namespace

TEST_CASE("tokens are kept over a restart, with times after 2038 and any text in their names")
{
    const scratch_folder folder;
    transport::net::io_context context;
    {
        auto keeper = open_store(in(folder));
        REQUIRE(keeper);
        CHECK(run(context, (*keeper)->insert_token(token("t-1", 1))));
        auto endless = token("t-2", 2);
        endless.record.expires_unix.reset();
        endless.record.spec.printers.clear();
        endless.record.spec.all_printers = true;
        CHECK(run(context, (*keeper)->insert_token(endless)));
        CHECK(*run(context, (*keeper)->revoke_token("t-2", 5000000001)));
        CHECK_FALSE(*run(context, (*keeper)->revoke_token("t-2", 5000000002)));
        CHECK_FALSE(*run(context, (*keeper)->revoke_token("t-3", 5000000002)));
        (*keeper)->touch_token("t-1", 5000000003);
        CHECK(run(context, (*keeper)->load_tokens())->size() == 2); // the touch is done before this
    }
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    const auto all = run(context, (*keeper)->load_tokens());
    REQUIRE(all.has_value());
    REQUIRE(all->size() == 2);
    const auto& first = all->at(0);
    const auto& second = all->at(1);
    CHECK(first.record.id == "t-1");
    CHECK(first.record.spec.name == "it's a \"phone\"; drop table tokens");
    CHECK(first.record.spec.scopes == scope_set{scope::control});
    CHECK(first.record.spec.printers.size() == 2);
    CHECK_FALSE(first.record.spec.all_printers);
    CHECK(first.record.created_unix == 5000000000);
    CHECK(first.record.expires_unix == 5000000060);
    CHECK(first.record.last_used_unix == 5000000003);
    CHECK_FALSE(first.record.revoked_unix);
    CHECK(first.secret_hash[31] == 1);
    CHECK(second.record.revoked_unix == 5000000001);
    CHECK_FALSE(second.record.expires_unix);
    CHECK(second.record.spec.all_printers);
    CHECK(second.record.spec.printers.empty());
    CHECK(run(context, (*keeper)->insert_token(token("t-1", 3))).has_error());
}

TEST_CASE("printers are claimed, found, renamed, paired again and forgotten")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    auto& kept = **keeper;
    CHECK(run(context, kept.claim_printer(printer("a"))));
    CHECK(run(context, kept.claim_printer(printer("b"))));
    CHECK(run(context, kept.list_printers())->size() == 2);
    auto found = run(context, kept.find_printer("a"));
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    CHECK((*found)->name == "Küche");
    CHECK((*found)->key == printer("a").key);
    CHECK((*found)->binding == binding_mode::off);
    CHECK((*found)->claimed_unix == 5000000000);
    CHECK_FALSE((*found)->last_seen_unix);
    CHECK(*run(context, kept.rename_printer("a", "Keller")));
    kept.touch_printer("a", 5000000009);
    found = run(context, kept.find_printer("a"));
    CHECK((*found)->name == "Keller");
    CHECK((*found)->last_seen_unix == 5000000009);
    auto again = printer("a");
    again.binding = binding_mode::tls_exporter;
    CHECK(run(context, kept.claim_printer(again)));
    CHECK((*run(context, kept.find_printer("a")))->binding == binding_mode::tls_exporter);
    CHECK(*run(context, kept.forget_printer("a")));
    CHECK_FALSE(*run(context, kept.forget_printer("a")));
    CHECK_FALSE(*run(context, kept.rename_printer("a", "x")));
    CHECK_FALSE(run(context, kept.find_printer("a"))->has_value());
    CHECK_FALSE(run(context, kept.find_printer(""))->has_value());
    CHECK_FALSE(run(context, kept.find_printer("' or 1=1 --"))->has_value());
}

TEST_CASE("pairing tries are kept for a day")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    CHECK(run(context, (*keeper)->add_pairing_try({"account t-1", 5000000000})));
    CHECK(run(context, (*keeper)->add_pairing_try({"address 192.0.2.1", 5000000600})));
    CHECK(run(context, (*keeper)->pairing_tries(5000000000))->size() == 2);
    const auto late = run(context, (*keeper)->pairing_tries(5000000001));
    REQUIRE(late->size() == 1);
    CHECK(late->at(0).subject == "address 192.0.2.1");
    CHECK(late->at(0).at_unix == 5000000600);
    CHECK(run(context, (*keeper)->add_pairing_try({"account t-1", 5000000300 + 86400})));
    CHECK(run(context, (*keeper)->pairing_tries(0))->size() == 2);
}

TEST_CASE("facts are set, replaced, read back byte for byte and erased")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    auto& kept = **keeper;
    CHECK_FALSE(run(context, kept.fact("relay.pin"))->has_value());
    CHECK(run(context, kept.set_fact("relay.pin", "one")));
    CHECK(run(context, kept.set_fact("relay.pin", "{\"key\":\"\xc3\xbc'\n\"}")));
    CHECK(*run(context, kept.fact("relay.pin")) == "{\"key\":\"\xc3\xbc'\n\"}");
    CHECK(run(context, kept.set_fact("empty", "")));
    CHECK(*run(context, kept.fact("empty")) == "");
    const std::string zero("a\0b", 3);
    CHECK(run(context, kept.set_fact("zero", zero)));
    CHECK(*run(context, kept.fact("zero")) == zero);
    CHECK(run(context, kept.erase_fact("relay.pin")));
    CHECK_FALSE(run(context, kept.fact("relay.pin"))->has_value());
    CHECK(run(context, kept.set_fact("", "x")).error() == errc::invalid_spec);
    CHECK(run(context, kept.set_fact("k", std::string(65537, 'x'))).error() == errc::invalid_spec);
}

TEST_CASE("the database's files are private, whatever the folder was left like")
{
    const scratch_folder folder;
    put_file(folder / "access.db", "");
    ::chmod((folder / "access.db").c_str(), 0666);
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    CHECK(run(context, (*keeper)->set_fact("a", "b")));
    int files = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
        struct stat about {};
        REQUIRE(::stat(each.path().c_str(), &about) == 0);
        CHECK((about.st_mode & 0777) == 0600);
        ++files;
    }
    CHECK(files >= 2); // the write-ahead log beside it
}

TEST_CASE("a database locked by another process is an error after the set time, and works again later")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    {
        const lock_holder holder(folder / "access.db");
        CHECK(run(context, (*keeper)->set_fact("a", "b")).error() == errc::store_locked);
        CHECK(run(context, (*keeper)->insert_token(token("t-1", 1))).error() == errc::store_locked);
        CHECK(run(context, (*keeper)->load_tokens()).has_value()); // reading goes on beside a writer
        CHECK(open_store(in(folder)).error() == errc::store_locked);
    }
    CHECK(run(context, (*keeper)->set_fact("a", "b")));
}

TEST_CASE("a store that may open later says why it is not open, and opens once it can")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto options = in(folder);
    REQUIRE(run(context, (*open_store(options))->set_fact("a", "kept")));
    options.may_open_later = true;
    std::unique_ptr<store> keeper;
    {
        const lock_holder holder(folder / "access.db");
        auto opened = open_store(options);
        REQUIRE(opened);
        keeper = std::move(*opened);
        CHECK(run(context, keeper->load_tokens()).error() == errc::store_locked);
        CHECK(run(context, keeper->set_fact("a", "b")).error() == errc::store_locked);
        CHECK(run(context, keeper->fact("a")).error() == errc::store_locked); // at once: it was just tried
    }
    const auto until = std::chrono::steady_clock::now() + 10s;
    auto value = run(context, keeper->fact("a"));
    while (!value && std::chrono::steady_clock::now() < until)
        value = run(context, keeper->fact("a")); // tried once a second
    REQUIRE(value.has_value());
    CHECK(value->value_or("") == "kept");

    // What will not pass by itself is told at once, as ever.
    raw(folder / "access.db", "pragma user_version = 99");
    keeper.reset();
    CHECK(open_store(options).error() == errc::store_too_new);
}

TEST_CASE("a database without room is an error and keeps what it has")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto options = in(folder);
    options.max_pages = 24;
    auto keeper = open_store(options);
    REQUIRE(keeper);
    CHECK(run(context, (*keeper)->set_fact("small", "kept")));
    CHECK(run(context, (*keeper)->set_fact("big 1", std::string(30000, 'x'))));
    CHECK(run(context, (*keeper)->set_fact("big 2", std::string(60000, 'x'))).error() == errc::store_full);
    CHECK(*run(context, (*keeper)->fact("small")) == "kept");
    CHECK(run(context, (*keeper)->erase_fact("big 1")));
    CHECK(run(context, (*keeper)->set_fact("big 2", std::string(30000, 'x'))));
}

TEST_CASE("a folder that cannot be written is an error at the start")
{
    const scratch_folder folder;
    {
        const unprivileged guard(folder);
        REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
        CHECK(open_store(in(folder)).error() == errc::store_readonly);
        REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
        CHECK(open_store(in(folder)));
    }
    auto nowhere = in(folder);
    nowhere.file = folder / "no/such/access.db";
    CHECK(open_store(nowhere).error() == errc::store_readonly);
}

TEST_CASE("what is no database, or a damaged one, is an error")
{
    const scratch_folder folder;
    put_file(folder / "access.db", std::string(8192, 'x'));
    CHECK(open_store(in(folder)).error() == errc::store_corrupt);
    CHECK(get_file(folder / "access.db") == std::string(8192, 'x'));
}

TEST_CASE("a damaged page is an error when it is read")
{
    const scratch_folder folder;
    transport::net::io_context context;
    {
        auto keeper = open_store(in(folder));
        REQUIRE(keeper);
        for (int i = 0; i < 20; ++i)
            CHECK(run(context, (*keeper)->set_fact("key " + std::to_string(i), std::string(3000, 'x'))));
    }
    const auto size = std::filesystem::file_size(folder / "access.db");
    {
        std::fstream file(folder / "access.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        const std::string rubbish(size - 4096, '\xff');
        file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
    }
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    CHECK(run(context, (*keeper)->fact("key 3")).error() == errc::store_corrupt);
}

TEST_CASE("a row that cannot be read is told as damage, not guessed at")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    CHECK(run(context, (*keeper)->insert_token(token("t-1", 1))));
    raw(folder / "access.db", "update tokens set scopes = 'view,omnipotence'");
    CHECK(run(context, (*keeper)->load_tokens()).error() == errc::store_corrupt);
}

TEST_CASE("a database of a newer version is left alone")
{
    const scratch_folder folder;
    REQUIRE(open_store(in(folder)));
    raw(folder / "access.db", "pragma user_version = 99");
    CHECK(open_store(in(folder)).error() == errc::store_too_new);
}

TEST_CASE("a full queue is an error at once, and what was accepted is done")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto options = in(folder);
    options.max_queue = 4;
    options.busy_timeout = 500ms;
    auto keeper = open_store(options);
    REQUIRE(keeper);
    int busy = 0, locked = 0, other = 0;
    {
        const lock_holder holder(folder / "access.db"); // holds the thread up at its first call
        for (int i = 0; i < 12; ++i)
            transport::net::co_spawn(context, (*keeper)->set_fact("k", "v"),
                                     [&](std::exception_ptr, transport::result<void> done) {
                                         ++(done.has_value()                     ? other
                                            : done.error() == errc::store_busy   ? busy
                                            : done.error() == errc::store_locked ? locked
                                                                                 : other);
                                     });
        context.restart();
        context.run();
    }
    CHECK(busy >= 1); // seven, but on a machine that stalls the thread has taken some out meanwhile
    CHECK(busy <= 8);
    CHECK(locked == 12 - busy);
    CHECK(other == 0);
}

TEST_CASE("calls that wait when the store ends are answered")
{
    const scratch_folder folder;
    transport::net::io_context context;
    auto options = in(folder);
    options.busy_timeout = 200ms;
    auto keeper = open_store(options);
    REQUIRE(keeper);
    int stopped = 0, all = 0;
    {
        const lock_holder holder(folder / "access.db");
        for (int i = 0; i < 5; ++i)
            transport::net::co_spawn(context, (*keeper)->set_fact("k", "v"),
                                     [&](std::exception_ptr, transport::result<void> done) {
                                         ++all;
                                         if (done.has_error() && done.error() == errc::store_stopped)
                                             ++stopped;
                                     });
        context.restart();
        context.poll();
        keeper->reset();
        context.restart();
        context.run();
    }
    CHECK(all == 5);
    CHECK(stopped >= 4);
}

TEST_CASE("answers come back on the context that asked, from several at once")
{
    const scratch_folder folder;
    auto keeper = open_store(in(folder));
    REQUIRE(keeper);
    std::vector<std::thread> threads;
    std::vector<int> right(4, 0);
    for (std::size_t i = 0; i < right.size(); ++i)
        threads.emplace_back([&, i] {
            transport::net::io_context context;
            for (int round = 0; round < 20; ++round) {
                const auto name = "fact " + std::to_string(i);
                const auto here = std::this_thread::get_id();
                bool same = false;
                auto work = [](store& kept, std::string key, std::thread::id mine,
                               bool& at_home) -> transport::task<transport::result<void>> {
                    auto done = co_await kept.set_fact(key, key);
                    at_home = std::this_thread::get_id() == mine;
                    co_return done;
                };
                if (run(context, work(**keeper, name, here, same)).has_value() && same) ++right[i];
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(right == std::vector<int>{20, 20, 20, 20});
}
