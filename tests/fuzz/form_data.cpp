// Any bytes as a form, cut in two ways: the same parts with the same bytes, or the same fault.
#include "commands/form_data.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

std::string read(std::string_view text, std::size_t slice)
{
    using namespace layerline::commands;
    form_reader reader("b");
    std::string all;
    for (std::size_t at = 0;;) {
        switch (reader.next()) {
        case form_step::need_more:
            if (at >= text.size()) return all;
            reader.push(text.substr(at, slice));
            at += slice;
            break;
        case form_step::part:
            all += "\n[" + reader.part().name + "|" + reader.part().filename.value_or("") + "]";
            break;
        case form_step::content:
            if (reader.content().empty()) std::abort();
            all += reader.content();
            break;
        case form_step::part_end:
            all += "]";
            break;
        case form_step::end:
            return all + "END";
        case form_step::fault:
            if (reader.fault().empty()) std::abort();
            return "fault"; // where a bound is met depends on the cut
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)layerline::commands::form_boundary(text);
    const auto whole = read(text, size + 1), cut = read(text, 7);
    if (size < layerline::commands::max_part_head && whole != cut) std::abort();
    return 0;
}
