#include "camera/frame_body.hpp"

#include "transport/error.hpp"

#include <array>
#include <cstring>
#include <vector>

namespace layerline::camera {

namespace net = transport::net;
using transport::result;
using transport::task;

namespace {

constexpr std::size_t part_bytes = 32UL * 1024; // read from the camera at once
// The next boundary goes out with the picture: browsers show it once they have seen that.
constexpr std::string_view closing = "\r\n--layerline-frame\r\n";

} // namespace

task<void> feed(std::shared_ptr<transport::body_source> camera, std::string boundary,
                std::shared_ptr<frame_board> onto, part_check check)
{
    multipart_parser parser(std::move(boundary));
    std::vector<char> part(part_bytes);
    std::vector<frame_part> whole;
    while (!parser.ended()) {
        const auto count = co_await camera->read_some(net::buffer(part));
        if (!count || *count == 0) {
            onto->end(count ? transport::error_code() : count.error());
            co_return;
        }
        const auto fault = parser.take({part.data(), *count}, whole);
        while (!whole.empty() && check != nullptr && !check(whole.back()))
            whole.pop_back();
        if (!whole.empty()) onto->put(std::move(whole.back()));
        whole.clear();
        if (fault) {
            const bool large = *fault == multipart_fault::part_too_large;
            onto->end(large ? transport::errc::too_large : transport::errc::malformed);
            co_return;
        }
    }
    onto->end({});
}

task<result<std::size_t>> frame_body::read_some(net::mutable_buffer into)
{
    if (into.size() == 0) co_return std::size_t{0};
    const auto from = from_;
    for (;;) {
        const auto count = copy(into);
        if (count != 0) co_return count;
        now_.reset();
        if (from->number() > last_) {
            if (shown_ != 0) missed_ += from->number() - last_ - 1;
            last_ = from->number();
            ++shown_;
            begin(from->newest());
        } else if (from->ended()) {
            if (*from->ended()) co_return *from->ended();
            co_return std::size_t{0};
        } else {
            co_await from->change();
        }
    }
}

void frame_body::begin(const frame& next)
{
    now_ = next;
    given_ = 0;
    before_ = "Content-Type: " + now_->type + "\r\nContent-Length: " + std::to_string(now_->bytes.size()) +
              "\r\n" + now_->fields + "\r\n";
}

// What is next of the part; 0 when all of it is given.
std::size_t frame_body::copy(net::mutable_buffer into)
{
    const std::array<std::string_view, 3> pieces{before_, now_ ? std::string_view(now_->bytes) : "",
                                                 now_ ? closing : ""};
    auto* to = static_cast<char*>(into.data());
    std::size_t done = 0, skip = given_;
    for (auto piece : pieces) {
        const auto skipped = std::min(skip, piece.size());
        skip -= skipped;
        piece.remove_prefix(skipped);
        const auto count = std::min(piece.size(), into.size() - done);
        std::memcpy(to + done, piece.data(), count);
        done += count;
    }
    given_ += done;
    return done;
}

} // namespace layerline::camera
