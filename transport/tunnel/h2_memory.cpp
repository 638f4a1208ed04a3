#include "transport/tunnel/h2_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace layerline::transport {

namespace {

// nghttp2's frame buffers, and nothing that is made for each stream or frame.
constexpr std::size_t large = std::size_t{16} * 1024;
// Of zeros: the table of streams, before there is one.
constexpr std::size_t large_zeroed = std::size_t{4} * 1024;

h2_memory& of(void* self)
{
    return *static_cast<h2_memory*>(self);
}

} // namespace

h2_memory::h2_memory() : functions_{this, allocate, release, allocate_zeroed, resize} {}

h2_memory::~h2_memory()
{
    for (const auto& one : blocks_)
        if (one.at != nullptr) ::munmap(one.at, one.size);
}

std::size_t h2_memory::mapped() const
{
    return static_cast<std::size_t>(
        std::count_if(blocks_.begin(), blocks_.end(), [](const block& one) { return one.at != nullptr; }));
}

void h2_memory::give_zeros_back()
{
    for (const auto& one : blocks_) {
        if (one.at == nullptr || !one.zeroed) continue;
        const auto* const bytes = static_cast<const char*>(one.at);
        if (std::all_of(bytes, bytes + one.size, [](char byte) { return byte == 0; }))
            (void)::madvise(one.at, one.size, MADV_DONTNEED); // reads as zeros from now on
    }
}

h2_memory::block* h2_memory::find(const void* at)
{
    const auto found =
        std::find_if(blocks_.begin(), blocks_.end(), [at](const block& one) { return one.at == at; });
    return found == blocks_.end() ? nullptr : &*found;
}

void* h2_memory::map(std::size_t size, bool zeroed)
{
    block* const place = find(nullptr);
    if (place == nullptr) return nullptr;
    void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    (void)::madvise(at, size, MADV_NOHUGEPAGE); // thousands of them side by side would become huge pages
    *place = {at, size, zeroed};
    return at;
}

void* h2_memory::allocate(std::size_t size, void* self)
{
    if (size >= large)
        if (void* const at = of(self).map(size, false)) return at;
    return std::malloc(size);
}

void* h2_memory::allocate_zeroed(std::size_t count, std::size_t size, void* self)
{
    if (size != 0 && count > PTRDIFF_MAX / size) return nullptr;
    if (count * size >= large_zeroed)
        if (void* const at = of(self).map(count * size, true)) return at;
    return std::calloc(count, size);
}

void* h2_memory::resize(void* old, std::size_t size, void* self)
{
    if (old == nullptr) return allocate(size, self); // that is how nghttp2 asks for its frame buffer
    const block* const mapped = of(self).find(old);
    if (mapped == nullptr) return std::realloc(old, size);
    const auto kept = std::min(size, mapped->size);
    void* const fresh = allocate(size, self);
    if (fresh == nullptr) return nullptr;
    std::memcpy(fresh, old, kept);
    release(old, self);
    return fresh;
}

void h2_memory::release(void* old, void* self)
{
    if (old == nullptr) return;
    block* const mapped = of(self).find(old);
    if (mapped == nullptr) return std::free(old);
    ::munmap(mapped->at, mapped->size);
    *mapped = {};
}

} // namespace layerline::transport
