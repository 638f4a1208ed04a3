// Whatever a camera calls a picture: what is shown is one, of a type that browsers never run, and mending it
// again changes nothing. The first line is the Content-Type. The same line as an answer's: words or a
// boundary, never a crash, never a control character in a sentence.
#include "camera/camera_answer.hpp"
#include "camera/picture_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace layerline::camera;

namespace {

void check_words(const trouble& why)
{
    if (why.text.empty() || why.text.size() > 400) std::abort();
    if (std::any_of(why.text.begin(), why.text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto line = std::min(all.find('\n'), all.size());
    const auto type = all.substr(0, line), bytes = all.substr(std::min(line + 1, all.size()));
    frame_part part;
    part.type = type;
    part.fields = "X-A: b\r\n";
    part.bytes = bytes;
    if (mend_picture(part)) {
        if (!part.fields.empty() || part.bytes.empty() || part.bytes.size() > bytes.size() + 2) std::abort();
        if (!part.type.starts_with("image/") || part.type.find("svg") != std::string::npos) std::abort();
        auto again = part;
        if (!mend_picture(again) || again.bytes != part.bytes || again.type != part.type) std::abort();
    }
    for (const unsigned status : {200U, 302U, 401U, 500U}) {
        answer_facts answer;
        answer.status = status;
        answer.type = type;
        answer.encoding = bytes.substr(0, std::min<std::size_t>(bytes.size(), 8));
        const auto stream = stream_boundary(answer);
        if (const auto* why = std::get_if<trouble>(&stream)) check_words(*why);
        if (const auto why = snapshot_fault(answer)) check_words(*why);
    }
    return 0;
}
