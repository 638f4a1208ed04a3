// A bounded queue between threads with an eventfd that a poll loop can wait on. Neither side ever waits for
// the other: a full box says so.
#pragma once

#include "printer/serial/confined_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
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

// Any number of threads put, one takes. No lock: putting is one exchange, and whoever is stopped in the
// middle of it holds up no other thread, only the letters behind its own. Each letter is a piece of memory of
// its own: for what is rare.
template <class T>
class mailbox {
public:
    explicit mailbox(std::size_t most) : most_(most), first_(new piece), last_(first_) {}
    ~mailbox()
    {
        while (first_ != nullptr)
            delete std::exchange(first_, first_->next.load(std::memory_order_relaxed));
    }
    mailbox(const mailbox&) = delete;
    mailbox& operator=(const mailbox&) = delete;

    // False when it is full; the letter is then gone.
    bool put(T letter)
    {
        if (count_.fetch_add(1) >= most_) {
            --count_;
            return false;
        }
        auto* const added = new piece;
        added->letter.emplace(std::move(letter));
        last_.exchange(added, std::memory_order_acq_rel)->next.store(added, std::memory_order_release);
        wake_.wake();
        return true;
    }
    // The oldest letter; whoever waits for more calls taken() first.
    std::optional<T> take()
    {
        piece* const next = first_->next.load(std::memory_order_acquire);
        if (next == nullptr) return std::nullopt;
        auto letter = std::exchange(next->letter, std::nullopt);
        delete std::exchange(first_, next);
        --count_;
        return letter;
    }
    // The descriptor is not readable until another letter comes.
    void taken() const { wake_.taken(); }
    // Wakes whoever takes, as a letter would.
    void wake() const { wake_.wake(); }
    int fd() const { return wake_.get(); }

private:
    struct piece {
        std::atomic<piece*> next{nullptr};
        std::optional<T> letter;
    };
    const std::size_t most_;
    piece* first_; // its letter was taken
    std::atomic<piece*> last_;
    std::atomic<std::size_t> count_{0};
    wake_fd wake_;
};

} // namespace layerline::printer::serial
