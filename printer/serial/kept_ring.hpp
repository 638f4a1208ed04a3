// A queue that keeps its memory: its places come round again, each with whatever its last element has
// allocated, so that a queue that was once as long as it gets allocates nothing more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace layerline::printer::serial {

// T is default-constructible and movable. One owner.
template <class T>
class kept_ring {
public:
    template <class Ring, class Value>
    class iterator_of {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = Value*;
        using reference = Value&;
        iterator_of() = default;
        iterator_of(Ring* ring, std::size_t at) : ring_(ring), at_(at) {}
        reference operator*() const { return (*ring_)[at_]; }
        pointer operator->() const { return &(*ring_)[at_]; }
        iterator_of& operator++()
        {
            ++at_;
            return *this;
        }
        iterator_of operator++(int)
        {
            auto before = *this;
            ++at_;
            return before;
        }
        bool operator==(const iterator_of& other) const { return at_ == other.at_; }

    private:
        Ring* ring_ = nullptr;
        std::size_t at_ = 0;
    };
    using value_type = T;

    // With places for `room` elements; with more it grows, once.
    explicit kept_ring(std::size_t room) : places_(std::max<std::size_t>(room, 1)) {}

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    std::size_t room() const { return places_.size(); }
    T& operator[](std::size_t at) { return places_[place(at)]; }
    const T& operator[](std::size_t at) const { return places_[place(at)]; }
    T& front() { return places_[first_]; }
    const T& front() const { return places_[first_]; }

    // A new last (first) element, as the place's former one was left: to be assigned to.
    T& add()
    {
        if (size_ == places_.size()) grow();
        return places_[place(size_++)];
    }
    T& add_front()
    {
        if (size_ == places_.size()) grow();
        first_ = (first_ == 0 ? places_.size() : first_) - 1;
        ++size_;
        return places_[first_];
    }
    void push_back(T element) { add() = std::move(element); }
    template <class... Args>
    void emplace_back(Args&&... args)
    {
        add() = T(std::forward<Args>(args)...);
    }
    template <class Range>
    void append(Range&& elements)
    {
        for (auto& one : elements)
            add() = one;
    }
    // What the element holds stays in its place, for the next one there.
    void pop_front()
    {
        first_ = first_ + 1 == places_.size() ? 0 : first_ + 1;
        --size_;
    }
    void clear() { first_ = size_ = 0; }
    // For every place, used or not: to reserve what elements will need.
    template <class Each>
    void each_place(Each&& each)
    {
        for (auto& one : places_)
            each(one);
    }

    auto begin() { return iterator_of<kept_ring, T>(this, 0); }
    auto end() { return iterator_of<kept_ring, T>(this, size_); }
    auto begin() const { return iterator_of<const kept_ring, const T>(this, 0); }
    auto end() const { return iterator_of<const kept_ring, const T>(this, size_); }

private:
    std::size_t place(std::size_t at) const
    {
        const std::size_t sum = first_ + at;
        return sum < places_.size() ? sum : sum - places_.size();
    }
    void grow()
    {
        std::vector<T> wider(places_.size() * 2);
        for (std::size_t at = 0; at < size_; ++at)
            wider[at] = std::move((*this)[at]);
        places_ = std::move(wider);
        first_ = 0;
    }

    std::vector<T> places_;
    std::size_t first_ = 0, size_ = 0;
};

} // namespace layerline::printer::serial
