#include "agent/camera_follower.hpp"

#include "printer/printer_extras.hpp"

#include <optional>
#include <vector>

namespace layerline::agent {

transport::task<void> follow_cameras(printer::printer_link& link, camera_hub& hub)
{
    std::optional<std::vector<printer::webcam>> shown;
    while (true) {
        const auto sequence = link.state().sequence;
        auto told = link.extras().webcams();
        if (told.has_value() && (!shown || *shown != *told)) {
            hub.tell(*told);
            shown = std::move(*told);
        }
        const auto news = co_await link.changed(sequence);
        if (news.has_error()) co_return;
    }
}

} // namespace layerline::agent
