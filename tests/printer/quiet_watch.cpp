#include "quiet_watch.hpp"

#include <cstddef>
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace layerline::tests {
namespace {

thread_local quiet_counts* watching = nullptr;

#if LAYERLINE_WATCHES
void* taken(std::size_t size, std::size_t alignment)
{
    if (watching != nullptr) ++watching->allocations;
    if (size == 0) size = 1;
    void* const memory = alignment <= alignof(std::max_align_t)
                             ? std::malloc(size)
                             : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void given_back(void* memory)
{
    if (memory != nullptr && watching != nullptr) ++watching->frees;
    std::free(memory);
}

template <class Lock>
int locked(const char* name, Lock* lock)
{
    if (watching != nullptr) ++watching->locks;
    return reinterpret_cast<int (*)(Lock*)>(::dlsym(RTLD_NEXT, name))(lock);
}

#endif

} // namespace

void watch_this_thread(quiet_counts* into)
{
    watching = into;
}

unwatched::unwatched() : before_(std::exchange(watching, nullptr)) {}
unwatched::~unwatched()
{
    watching = before_;
}

} // namespace layerline::tests

#if LAYERLINE_WATCHES
using layerline::tests::given_back;
using layerline::tests::taken;

// The forms that are not here call these.
void* operator new(std::size_t size)
{
    return taken(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return taken(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept
{
    given_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    given_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    given_back(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    given_back(memory);
}

extern "C" {
int pthread_mutex_lock(pthread_mutex_t* lock) noexcept
{
    return layerline::tests::locked("pthread_mutex_lock", lock);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept
{
    return layerline::tests::locked("pthread_rwlock_rdlock", lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept
{
    return layerline::tests::locked("pthread_rwlock_wrlock", lock);
}
ssize_t write(int fd, const void* bytes, std::size_t size)
{
    if (fd == STDERR_FILENO && layerline::tests::watching != nullptr)
        ++layerline::tests::watching->log_writes;
    return ::syscall(SYS_write, fd, bytes, size);
}
}
#endif
