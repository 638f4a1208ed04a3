// The global operator new and delete, in front of malloc().
#include "transport/small_blocks.hpp"

#include <malloc.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAYERLINE_HEAP_IS_WATCHED
#endif

namespace layerline::transport {

namespace {

// Shelf k holds pieces of at least 16 k + 8 bytes: what malloc() gives for that much anyway.
constexpr std::size_t step = 16, first_step = 8, shelves = 256;
constexpr std::uint32_t most_on_a_shelf = 64;
constexpr std::size_t most_bytes = 512UL * 1024;

constexpr std::size_t bytes_of(std::size_t shelf)
{
    return shelf * step + first_step;
}

struct free_block {
    free_block* next;
};

struct shelf {
    free_block* first = nullptr;
    std::uint32_t count = 0;
};

struct kept_blocks {
    std::array<shelf, shelves> all{};
    std::size_t bytes = 0;
};

// Null in threads that keep nothing. What is kept lives as long as the process.
constinit thread_local kept_blocks* kept = nullptr;

} // namespace

#ifdef LAYERLINE_HEAP_IS_WATCHED
void keep_small_blocks() {}
#else
void keep_small_blocks()
{
    static kept_blocks of_one_thread;
    kept = &of_one_thread;
}
#endif

void let_small_blocks_go()
{
    if (kept == nullptr) return;
    for (auto& one : kept->all) {
        while (auto* const block = one.first) {
            one.first = block->next;
            std::free(block); // NOLINT(cppcoreguidelines-no-malloc): came from there
        }
        one.count = 0;
    }
    kept->bytes = 0;
}

std::size_t small_blocks_kept()
{
    return kept == nullptr ? 0 : kept->bytes;
}

#ifndef LAYERLINE_HEAP_IS_WATCHED
namespace {

void* from_heap(std::size_t bytes)
{
    for (;;) {
        if (void* const block = std::malloc(bytes)) return block; // NOLINT(cppcoreguidelines-no-malloc)
        const auto handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc();
        handler();
    }
}

inline void* allocate(std::size_t bytes)
{
    const auto at = (bytes + step - first_step - 1) / step;
    if (at >= shelves) return from_heap(bytes);
    if (kept != nullptr) {
        auto& here = kept->all[at];
        if (auto* const block = here.first) {
            here.first = block->next;
            --here.count;
            kept->bytes -= bytes_of(at);
            return block;
        }
    }
    return from_heap(bytes_of(at)); // so that it fits this shelf whichever thread frees it
}

inline void release(void* block, std::size_t at) noexcept
{
    if (kept != nullptr && at < shelves) {
        auto& here = kept->all[at];
        if (here.count < most_on_a_shelf && kept->bytes + bytes_of(at) <= most_bytes) {
            here.first = ::new (block) free_block{here.first};
            ++here.count;
            kept->bytes += bytes_of(at);
            return;
        }
    }
    std::free(block); // NOLINT(cppcoreguidelines-no-malloc)
}

} // namespace
#endif

} // namespace layerline::transport

#ifndef LAYERLINE_HEAP_IS_WATCHED
// Never inlined: their thousands of callers would make a program of 3 MiB 2 % larger, in memory too.
[[gnu::noinline]] void* operator new(std::size_t bytes)
{
    return layerline::transport::allocate(bytes);
}

[[gnu::noinline]] void operator delete(void* block) noexcept
{
    namespace ours = layerline::transport;
    if (block == nullptr) return;
    ours::release(block,
                  ours::kept == nullptr ? 0 : (::malloc_usable_size(block) - ours::first_step) / ours::step);
}

[[gnu::noinline]] void operator delete(void* block, std::size_t bytes) noexcept
{
    namespace ours = layerline::transport;
    if (block != nullptr) ours::release(block, (bytes + ours::step - ours::first_step - 1) / ours::step);
}
#endif
