// The newest of something, from one thread that never waits to one that takes it when it likes. Three places
// go round: one is written, one read, one between them.
#pragma once

#include <array>
#include <atomic>

namespace layerline::printer::serial {

template <class T>
class newest_value {
public:
    // --- by the writer
    // As it was some values ago: to be written over, whole. What it has allocated serves again.
    T& draft() { return places_[draft_]; }
    void post() { draft_ = between_.exchange(draft_ | fresh, std::memory_order_acq_rel) & place; }

    // --- by the reader
    // Nothing when there is none since the last call. It stays as it is until the next call.
    const T* take()
    {
        if ((between_.load(std::memory_order_relaxed) & fresh) == 0) return nullptr;
        shown_ = between_.exchange(shown_, std::memory_order_acq_rel) & place;
        return &places_[shown_];
    }

private:
    static constexpr unsigned fresh = 4, place = 3;
    std::array<T, 3> places_{};
    std::atomic<unsigned> between_{0};
    unsigned draft_ = 1, shown_ = 2;
};

} // namespace layerline::printer::serial
