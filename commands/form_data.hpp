// multipart/form-data (RFC 7578) as it streams in, within bounded memory. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::commands {

inline constexpr std::size_t max_part_head = std::size_t{8} * 1024; // bytes of a part's header lines
inline constexpr std::size_t max_parts = 64;

// The boundary that a content-type names: 1-70 characters; nothing if it is no form.
std::optional<std::string> form_boundary(std::string_view content_type);

struct form_part {
    std::string name;                    // of the field
    std::optional<std::string> filename; // as it was sent, hostile; of a file only
};

enum class form_step {
    need_more, // push() more bytes
    part,      // a part begins: part()
    content,   // some bytes of it: content()
    part_end,
    end,  // the last boundary was seen
    fault // it is no form: fault()
};

class form_reader {
public:
    explicit form_reader(const std::string& boundary) : mark_("\r\n--" + boundary) { held_ = "\r\n"; }

    // Ask for steps until need_more, then push; what is held stays under one push and max_part_head.
    void push(std::string_view bytes);
    form_step next();
    const form_part& part() const { return part_; }
    // Valid until the next call.
    std::string_view content() const { return content_; }
    std::string_view fault() const { return fault_; } // a sentence

private:
    enum class stage { preamble, after_mark, head, body, over, broken };
    form_step fail(std::string_view why);
    form_step read_head();

    std::string mark_, held_;
    std::size_t used_ = 0; // of held_
    stage at_ = stage::preamble;
    std::size_t parts_ = 0;
    form_part part_;
    std::string_view content_, fault_;
};

} // namespace layerline::commands
