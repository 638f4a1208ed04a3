#include "camera/frame_board.hpp"

#include <boost/asio/as_tuple.hpp>

namespace layerline::camera {

namespace net = transport::net;

void frame_board::put(frame_part newest)
{
    if (ended_) return;
    newest_ = std::make_shared<const frame_part>(std::move(newest));
    ++number_;
    changed_.cancel();
}

void frame_board::end(transport::error_code why)
{
    if (ended_) return;
    ended_ = why;
    changed_.cancel();
}

transport::task<void> frame_board::change()
{
    co_await changed_.async_wait(net::as_tuple(net::use_awaitable));
}

} // namespace layerline::camera
