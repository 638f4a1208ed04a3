// The memory of HTTP/2 sessions: what is large has pages of its own, what is small comes from the heap.
#include "transport/tunnel/h2_memory.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace layerline::transport;

namespace {

// How many pages of a block are resident.
std::size_t resident(void* at, std::size_t size)
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> marks((size + page - 1) / page);
    REQUIRE(::mincore(at, size, marks.data()) == 0);
    std::size_t count = 0;
    for (const auto mark : marks)
        count += mark & 1U;
    return count;
}

} // namespace

TEST_CASE("a large block becomes memory only where it is written")
{
    h2_memory memory;
    const auto& does = *memory.functions();
    constexpr std::size_t size = std::size_t{64} * 1024;
    auto* const at = static_cast<char*>(does.malloc(size, does.mem_user_data));
    REQUIRE(at != nullptr);
    CHECK(memory.mapped() == 1);
    CHECK(resident(at, size) == 0);
    at[0] = 'x';
    CHECK(resident(at, size) == 1);
    does.free(at, does.mem_user_data);
    CHECK(memory.mapped() == 0);
}

TEST_CASE("small blocks, and large ones past the fourth, come from the heap")
{
    h2_memory memory;
    const auto& does = *memory.functions();
    std::vector<void*> all{does.malloc(100, does.mem_user_data), does.calloc(10, 10, does.mem_user_data),
                           does.calloc(1, 3000, does.mem_user_data)};
    CHECK(memory.mapped() == 0);
    for (std::size_t i = 0; i < 6; ++i) {
        all.push_back(does.malloc(100'000, does.mem_user_data));
        REQUIRE(all.back() != nullptr);
        std::memset(all.back(), 1, 100'000);
    }
    CHECK(memory.mapped() == 4);
    for (void* const at : all)
        does.free(at, does.mem_user_data);
    does.free(nullptr, does.mem_user_data);
    CHECK(memory.mapped() == 0);
}

TEST_CASE("a block keeps its bytes when its size changes, from pages to heap and back")
{
    h2_memory memory;
    const auto& does = *memory.functions();
    auto* at = static_cast<char*>(does.realloc(nullptr, 20'000, does.mem_user_data));
    REQUIRE(at != nullptr);
    CHECK(memory.mapped() == 1);
    std::memset(at, 'a', 20'000);
    at = static_cast<char*>(does.realloc(at, 50'000, does.mem_user_data));
    REQUIRE(at != nullptr);
    CHECK(at[19'999] == 'a');
    at = static_cast<char*>(does.realloc(at, 1000, does.mem_user_data));
    REQUIRE(at != nullptr);
    CHECK(at[999] == 'a');
    CHECK(memory.mapped() == 0);
    does.free(at, does.mem_user_data);
}

TEST_CASE("zeroed blocks are zero, and a size past all memory is refused")
{
    h2_memory memory;
    const auto& does = *memory.functions();
    auto* const at = static_cast<char*>(does.calloc(1000, 100, does.mem_user_data));
    REQUIRE(at != nullptr);
    CHECK(memory.mapped() == 1);
    CHECK(std::vector<char>(at, at + 100'000) == std::vector<char>(100'000));
    does.free(at, does.mem_user_data);
    CHECK(does.calloc(SIZE_MAX / 2, 4, does.mem_user_data) == nullptr);
}

TEST_CASE(
    "a zeroed block that is all zeros again is not memory any more, and one that is not keeps its bytes")
{
    h2_memory memory;
    const auto& does = *memory.functions();
    constexpr std::size_t size = std::size_t{8} * 1024;
    auto* const table = static_cast<char*>(does.calloc(1, size, does.mem_user_data));
    auto* const frame = static_cast<char*>(does.malloc(2 * size, does.mem_user_data));
    REQUIRE(table != nullptr);
    REQUIRE(frame != nullptr);
    table[5000] = 'x';
    std::memset(frame, 0, 2 * size);
    memory.give_zeros_back();
    CHECK(table[5000] == 'x');
    CHECK(resident(frame, 2 * size) > 0); // not made zeroed: whoever has it may count on nothing
    table[5000] = 0;
    memory.give_zeros_back();
    CHECK(resident(table, size) == 0);
    table[1] = 'y'; // and it can be used again
    CHECK(resident(table, size) == 1);
    CHECK(table[5000] == 0);
    does.free(table, does.mem_user_data);
    does.free(frame, does.mem_user_data);
}
