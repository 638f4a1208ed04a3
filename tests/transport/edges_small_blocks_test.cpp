// Small pieces of memory: kept within their bounds, by one thread, and given back when told.
#include "transport/small_blocks.hpp"

#include <catch2/catch.hpp>

#include <new>
#include <string>
#include <thread>
#include <vector>

using namespace layerline::transport;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

// Gives so many pieces of a size to operator delete, all of them allocated before the first is freed.
void free_many(std::size_t count, std::size_t bytes)
{
    std::vector<void*> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(::operator new(bytes));
    for (void* const one : all)
        ::operator delete(one, bytes);
}

} // namespace

TEST_CASE("a freed piece is the next one of its size, by whichever operator delete it was freed")
{
    keep_small_blocks();
    let_small_blocks_go();
    CHECK(small_blocks_kept() == 0);
    for (const std::size_t bytes : {1UL, 8UL, 9UL, 24UL, 25UL, 100UL, 1000UL, 4000UL}) {
        void* const first = ::operator new(bytes);
        ::operator delete(first, bytes);
        CHECK(small_blocks_kept() >= bytes);
        void* const second = ::operator new(bytes);
        CHECK(second == first);
        CHECK(small_blocks_kept() == 0);
        ::operator delete(second);
        CHECK(small_blocks_kept() >= bytes);
        let_small_blocks_go();
        CHECK(small_blocks_kept() == 0);
    }
}

TEST_CASE("what is kept has bounds: of each size, and in all")
{
    keep_small_blocks();
    let_small_blocks_go();
    free_many(1000, 104);
    const auto of_one_size = small_blocks_kept();
    CHECK(of_one_size >= 64UL * 104);
    CHECK(of_one_size < 80UL * 104);
    for (std::size_t bytes = 16; bytes < 4096; bytes += 16)
        free_many(100, bytes);
    CHECK(small_blocks_kept() > 256UL * 1024);
    CHECK(small_blocks_kept() <= 512UL * 1024);
    free_many(10, 100'000); // too large to be kept
    CHECK(small_blocks_kept() <= 512UL * 1024);
    let_small_blocks_go();
    CHECK(small_blocks_kept() == 0);
}

TEST_CASE("other threads keep nothing, and may free what this one allocated")
{
    keep_small_blocks();
    let_small_blocks_go();
    std::string text(200, 'x');
    std::size_t kept = 1;
    std::thread([moved = std::move(text), &kept]() mutable {
        moved = std::string(300, 'y');
        std::string().swap(moved);
        kept = small_blocks_kept();
    }).join();
    CHECK(kept == 0);
}

#endif
