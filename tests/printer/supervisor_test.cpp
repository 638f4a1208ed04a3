// What a supervisor keeps, and how soon it starts a successor.
#include "printer/serial/descriptor_store.hpp"
#include "printer/serial/supervisor.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <unistd.h>

using namespace layerline::printer::serial;
using namespace std::chrono_literals;

namespace {

struct pipe_ends {
    owned_fd reads, writes;
    pipe_ends()
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        reads = owned_fd(ends[0]);
        writes = owned_fd(ends[1]);
    }
};

std::vector<owned_fd> copy_of(const owned_fd& fd)
{
    std::vector<owned_fd> list;
    list.emplace_back(::dup(fd.get()));
    return list;
}

} // namespace

TEST_CASE("a descriptor is kept under its name until it is given up, and the newest of a name counts")
{
    const pipe_ends pipe;
    descriptor_store store;
    store.take("FDSTORE=1\nFDNAME=port", copy_of(pipe.reads));
    REQUIRE(store.all().size() == 1);
    const int first = store.all()[0].fd.get();
    store.take("FDSTORE=1\nFDNAME=port\n", copy_of(pipe.writes));
    REQUIRE(store.all().size() == 1);
    CHECK(store.all()[0].name == "port");
    CHECK(store.all()[0].fd.get() != first);
    store.take("FDSTOREREMOVE=1\nFDNAME=other", {});
    CHECK(store.all().size() == 1);
    store.take("FDSTOREREMOVE=1\nFDNAME=port", {});
    CHECK(store.all().empty());
}

TEST_CASE("no more descriptors are kept than a print host has, and names are names")
{
    const pipe_ends pipe;
    descriptor_store store;
    for (const char* name : {"a", "b", "c", "d", "e"})
        store.take(std::string("FDSTORE=1\nFDNAME=") + name, copy_of(pipe.reads));
    CHECK(store.all().size() == descriptor_store::most);
    store.clear();
    store.take("FDSTORE=1\nFDNAME=a:b", copy_of(pipe.reads));
    CHECK(store.all()[0].name == "stored");
    store.take("FDNAME=x", copy_of(pipe.reads)); // nothing to be kept
    CHECK(store.all().size() == 1);
}

TEST_CASE("a descriptor whose other end is gone is dropped")
{
    pipe_ends pipe;
    descriptor_store store;
    store.take("FDSTORE=1\nFDNAME=port", copy_of(pipe.reads));
    store.drop_hung_up();
    CHECK(store.all().size() == 1);
    pipe.writes = owned_fd();
    store.drop_hung_up();
    CHECK(store.all().empty());
}

TEST_CASE("signs of life are told from the rest")
{
    descriptor_store store;
    CHECK(store.take("READY=1\nSTATUS=x", {}).ready);
    CHECK(store.take("WATCHDOG=1", {}).alive);
    CHECK(store.take("STOPPING=1", {}).stopping);
    CHECK_FALSE(store.take("READY=10\nXWATCHDOG=1", {}).ready);
}

TEST_CASE("a child that was ready is followed at once, one that never was ever more slowly")
{
    CHECK(wait_before_start(0, 10s) == 0ms);
    CHECK(wait_before_start(1, 10s) == 100ms);
    CHECK(wait_before_start(3, 10s) == 400ms);
    CHECK(wait_before_start(1000, 10s) == 10s);
}
