// A bounded queue between two threads with an eventfd that a poll loop can wait on. Neither side ever waits
// for the other: a full box says so.
#pragma once

#include "printer/serial/confined_file.hpp"

#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace layerline::printer::serial {

// Readable until taken().
class wake_fd {
public:
    wake_fd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
    {
        if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    int get() const { return fd_.get(); }
    void wake() const
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto put = ::write(fd_.get(), &one, sizeof one);
    }
    void taken() const
    {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
    }

private:
    owned_fd fd_;
};

template <class T>
class mailbox {
public:
    explicit mailbox(std::size_t most) : most_(most) {}
    // False when it is full; the letter is then gone.
    bool put(T letter)
    {
        {
            const std::lock_guard lock(guard_);
            if (letters_.size() >= most_) return false;
            letters_.push_back(std::move(letter));
        }
        wake_.wake();
        return true;
    }
    std::deque<T> take_all()
    {
        wake_.taken();
        const std::lock_guard lock(guard_);
        return std::exchange(letters_, {});
    }
    std::size_t size() const
    {
        const std::lock_guard lock(guard_);
        return letters_.size();
    }
    int fd() const { return wake_.get(); }

private:
    const std::size_t most_;
    mutable std::mutex guard_;
    std::deque<T> letters_;
    wake_fd wake_;
};

} // namespace layerline::printer::serial
