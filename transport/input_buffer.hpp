// Bytes received and not yet used, bounded: grows in steps up to its limit and never past it.
#pragma once

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace layerline::transport {

class input_buffer {
public:
    explicit input_buffer(std::size_t limit) : limit_(limit) {}

    std::string_view view() const { return {bytes_.data() + from_, to_ - from_}; }
    bool empty() const { return from_ == to_; }
    void consume(std::size_t n) { from_ += n; }

    // Where the next read goes; empty if the limit is reached. Stays valid until the next room(): consume()
    // moves nothing, so a read may be under way while bytes before it are used.
    boost::asio::mutable_buffer room()
    {
        if (from_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + from_, to_ - from_);
            to_ -= from_;
            from_ = 0;
        }
        // 8 KiB hold a usual request and keep an idle connection small.
        if (to_ == bytes_.size())
            bytes_.resize(std::min(limit_, std::max<std::size_t>(8UL * 1024, bytes_.size() * 2)));
        return {bytes_.data() + to_, bytes_.size() - to_};
    }
    void arrived(std::size_t n) { to_ += n; }
    // Frees the memory. Nothing may be held, and no read under way.
    void give_back()
    {
        bytes_ = {};
        from_ = to_ = 0;
    }

private:
    std::vector<char> bytes_;
    std::size_t from_ = 0, to_ = 0, limit_;
};

} // namespace layerline::transport
