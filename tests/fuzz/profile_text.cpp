// Any bytes as a profile: what is taken makes a request that is taken or refused with its field, and never
// one that is half made.
#include "workshop/profiles/profile.hpp"
#include "workshop/slicing/slice_request.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    auto read = parse_profile({reinterpret_cast<const char*>(data), size}, "mine");
    if (const auto* fault = std::get_if<profile_fault>(&read)) {
        if (!fault->text.starts_with("mine.toml")) std::abort();
        return 0;
    }
    profile_book book;
    auto& one = std::get<profile>(read);
    profile_choice choice;
    (one.kind == profile_kind::printer    ? choice.printer
     : one.kind == profile_kind::material ? choice.material
                                          : choice.quality) = "mine";
    book.add(std::move(one));
    const auto made = request_data(book, choice, nlohmann::json::array({{{"hash", "f"}}}), {});
    if (made.has_error()) {
        if (made.error().text.empty()) std::abort();
        return 0;
    }
    const nlohmann::json request{{"type", "slice"}, {"data", *made}};
    const auto checked =
        read_slice_request(request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (checked.has_error() && text_of(checked.error()).empty()) std::abort();
    return 0;
}
