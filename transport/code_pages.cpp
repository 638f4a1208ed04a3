#include "transport/code_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace layerline::transport {

namespace {

int give_back(dl_phdr_info* object, std::size_t /*size*/, void* page_size)
{
    const auto page = *static_cast<const std::uintptr_t*>(page_size);
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& part = object->dlpi_phdr[i];
        // Nothing that was ever written to: relocated data would be lost.
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0 || (part.p_flags & PF_W) != 0) continue;
        const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr + page - 1) & ~(page - 1);
        const std::uintptr_t end = (object->dlpi_addr + part.p_vaddr + part.p_filesz) & ~(page - 1);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
        if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

} // namespace

void give_back_idle_code()
{
    auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    ::dl_iterate_phdr(&give_back, &page);
}

} // namespace layerline::transport
