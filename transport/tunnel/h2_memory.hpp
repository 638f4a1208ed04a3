// Where an HTTP/2 session's memory comes from. nghttp2 makes a frame buffer of 16 KiB and a table of streams
// of 4 KiB for each session, of which an idle one uses some bytes: taken from pages of their own, what is
// never written never becomes memory. From the heap it would be, since others used that before.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>

namespace layerline::transport {

// Must outlive the session that is given functions(), and stay where it is.
class h2_memory {
public:
    h2_memory();
    h2_memory(const h2_memory&) = delete;
    h2_memory& operator=(const h2_memory&) = delete;
    ~h2_memory();

    nghttp2_mem* functions() { return &functions_; }
    // How many blocks have pages of their own now.
    std::size_t mapped() const;

    // Pages that were made zeroed and hold nothing but zeros again are not memory any more. For a session at
    // rest: its table of streams, empty, would cost a page for ever.
    void give_zeros_back();

private:
    struct block {
        void* at = nullptr;
        std::size_t size = 0;
        bool zeroed = false; // when it was made
    };
    static void* allocate(std::size_t size, void* self);
    static void* allocate_zeroed(std::size_t count, std::size_t size, void* self);
    static void* resize(void* old, std::size_t size, void* self);
    static void release(void* old, void* self);
    void* map(std::size_t size, bool zeroed); // null: no place in blocks_, or no memory
    block* find(const void* at);

    std::array<block, 4> blocks_{}; // more come from the heap
    nghttp2_mem functions_;
};

} // namespace layerline::transport
