// How the process's heap deals with the buffers of requests.
#pragma once

#include <cstddef>

namespace layerline::transport {

// Keeps up to 4 MiB of freed memory instead of handing it back to the system after each request, which faults
// it in again for the next: 5-12 page faults a request, a third of its processor time. Once, before there are
// threads.
void keep_freed_memory();

// Bytes that the heap holds without use, whether they are resident or not. Looks at every free piece: some ms
// for hundreds of MiB.
std::size_t freed_memory();

// Hands whole free pages back to the system, wherever in the heap they are. As costly as freed_memory().
void give_back_freed_memory();

} // namespace layerline::transport
