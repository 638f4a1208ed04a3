// How the process's heap deals with the buffers of requests.
#pragma once

namespace layerline::transport {

// Keeps up to 4 MiB of freed memory instead of handing it back to the system after each request, which faults
// it in again for the next: 5-12 page faults a request, a third of its processor time. Once, before there are
// threads.
void keep_freed_memory();

} // namespace layerline::transport
