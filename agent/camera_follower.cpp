#include "agent/camera_follower.hpp"

#include "printer/printer_extras.hpp"

#include <spdlog/spdlog.h>

#include <optional>

namespace layerline::agent {

transport::task<void> follow_cameras(printer::printer_link& link, camera_hub& hub,
                                     std::vector<camera_settings> configured, camera_places places)
{
    std::optional<std::vector<printer::webcam>> shown;
    while (true) {
        const auto sequence = link.state().sequence;
        auto told = link.extras().webcams();
        if (told.has_value() && (!shown || *shown != *told)) {
            auto joined = join_cameras(configured, *told, places);
            for (const auto& why : joined.left_out)
                spdlog::info("{}", why);
            hub.show(std::move(joined.all));
            shown = std::move(*told);
        }
        const auto news = co_await link.changed(sequence);
        if (news.has_error()) co_return;
    }
}

} // namespace layerline::agent
