#include "commands/status_text.hpp"

#include "commands/status_result.hpp"
#include "commands/webcam_result.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace layerline::commands {

std::string status_text::of(printer::printer_state state, const std::function<int()>& features,
                            const camera_store* cameras)
{
    const auto age = std::exchange(state.age_ms, std::nullopt);
    const auto version = cameras != nullptr ? cameras->version() : 0;
    if (before_.empty() || version != cameras_ || state != state_) {
        auto result = status_result(state, features());
        if (cameras != nullptr)
            result["ListWebcams"] = webcam_list(cameras->list(), cameras->default_name(), false);
        auto text = result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        // A quote within a string is escaped, so this is the key and nothing else.
        constexpr std::string_view key = R"("AgeMs":)", none = "null";
        const auto at = text.find(key) + key.size();
        after_ = text.substr(at + none.size());
        text.resize(at);
        before_ = std::move(text);
        state_ = std::move(state);
        cameras_ = version;
    }
    return before_ + (age ? std::to_string(*age) : "null") + after_;
}

} // namespace layerline::commands
