#include "transport/heap.hpp"

#include "transport/small_blocks.hpp"

#include <malloc.h>

namespace layerline::transport {

void keep_freed_memory()
{
    // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet
    (void)::mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
    (void)::mallopt(M_TOP_PAD, 256 * 1024);
    (void)::mallopt(M_MMAP_THRESHOLD, 1024 * 1024); // messages of 256 KiB come from the heap, too
    // NOLINTEND(concurrency-mt-unsafe)
}

std::size_t freed_memory()
{
    return ::mallinfo2().fordblks + small_blocks_kept();
}

void give_back_freed_memory()
{
    let_small_blocks_go();
    (void)::malloc_trim(0);
}

} // namespace layerline::transport
