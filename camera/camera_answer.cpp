// The checks of both kinds of answer, with a hint where the cause is usual.
#include "camera/camera_answer.hpp"

#include "camera/multipart_parser.hpp"

#include <algorithm>
#include <cctype>

namespace layerline::camera {

namespace {

constexpr std::size_t longest_shown = 64;

// A stranger's words, fit for a sentence and a log.
std::string shown(std::string_view text)
{
    std::string out(text.substr(0, longest_shown));
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f || c == '"'; }, '?');
    return out;
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::optional<trouble> head_fault(const answer_facts& answer)
{
    if (answer.status != 200) {
        auto text = "answered HTTP " + std::to_string(answer.status);
        if (answer.status == 401 || answer.status == 403)
            text += ": it wants another user and password than its address in agent.toml has";
        else if (answer.status == 404)
            text += ": its address in agent.toml has another path than the camera";
        else if (answer.status >= 300 && answer.status < 400)
            text += ": it points elsewhere, which is not followed; put the final address into agent.toml";
        return trouble{trouble_kind::refused, std::move(text)};
    }
    const auto encoding = lowered(answer.encoding);
    if (!encoding.empty() && encoding != "identity")
        return trouble{trouble_kind::no_pictures, "sent its pictures encoded as \"" + shown(encoding) +
                                                      "\", though only plain ones were asked for"};
    return std::nullopt;
}

trouble other_type(const answer_facts& answer, const char* wanted)
{
    return {trouble_kind::no_pictures,
            (answer.type.empty() ? "answered without saying what it sends"
                                 : "answered with \"" + shown(answer.type) + "\"") +
                ", not with " + wanted};
}

} // namespace

std::variant<std::string, trouble> stream_boundary(const answer_facts& answer)
{
    if (auto fault = head_fault(answer)) return *std::move(fault);
    if (auto boundary = mixed_replace_boundary(answer.type)) return *std::move(boundary);
    if (lowered(answer.type).starts_with("image/"))
        return trouble{
            trouble_kind::no_pictures,
            "answered with one picture instead of a stream: that address belongs into snapshot_url"};
    return other_type(answer, "a stream of pictures (multipart/x-mixed-replace)");
}

std::optional<trouble> snapshot_fault(const answer_facts& answer)
{
    if (auto fault = head_fault(answer)) return fault;
    if (mixed_replace_boundary(answer.type))
        return trouble{trouble_kind::no_pictures,
                       "answered with a stream instead of one picture: that address belongs into stream_url"};
    const auto type = lowered(answer.type);
    // What it really is the bytes decide; a page is none whatever its bytes.
    if (type.starts_with("text/") || type.starts_with("application/json"))
        return other_type(answer, "a picture");
    return std::nullopt;
}

} // namespace layerline::camera
