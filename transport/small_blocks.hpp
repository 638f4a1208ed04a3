// Small pieces of memory that were freed, kept by the one thread that carries requests. The C library keeps
// seven of a size at hand; with some thirty requests under way every other piece went through its slow paths,
// a sixth of a request's processor time.
#pragma once

#include <cstddef>

namespace layerline::transport {

// For one thread of the process, once. From now on what this thread gives to `operator delete` is kept for
// its own next `operator new`: pieces up to 4 KiB, 64 of each size, 512 KiB in all. Other threads are not
// concerned, nor is malloc(). Does nothing in builds with a sanitizer, which has to see every piece come and
// go.
void keep_small_blocks();

// Hands what is kept back to the heap.
void let_small_blocks_go();

// How many bytes this thread keeps now.
std::size_t small_blocks_kept();

} // namespace layerline::transport
