// A print from a model: whatever the workshop answers and whatever stands in the agent's file, its words stay
// within their bounds, and what is kept comes back as it was.
#include "agent/kept_model_prints.hpp"
#include "commands/printer_limits.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace {

using namespace layerline;

void check(const commands::model_print& one)
{
    const auto told = one.told();
    if (told["Notes"].size() > commands::max_print_notes) std::abort();
    for (const auto& note : told["Notes"])
        if (note.get_ref<const std::string&>().size() > commands::max_print_note_bytes) std::abort();
    if (!one.slice().empty() && !commands::is_slice_id(one.slice())) std::abort();
    if ((one.stage() == commands::print_stage::failed) != one.fault().has_value()) std::abort();
}

void try_answers(unsigned status, std::string_view body)
{
    commands::model_wish wish;
    wish.path = "gcode/a.gcode";
    commands::model_print one("p-1", wish);
    printer::link_capabilities can;
    can.max_tool_c = 250;
    can.max_bed_c = 90;
    can.travel = printer::travel_area{0, 200, 0, 200, 180};
    if (const auto made = one.request_made(status, body, can)) {
        const auto data = nlohmann::json::parse(*made)["data"];
        auto again = data;
        if (!commands::keep_within(again, can).empty()) std::abort(); // nothing is left above a limit
        (void)one.slice_begun(202, R"({"id":"s-1"})");
    }
    check(one);
    commands::model_print begun("p-2", wish);
    (void)begun.request_made(200, R"({"data":{}})", can);
    if (begun.slice_begun(status, body) || begun.slice_begun(202, R"({"id":"s-1"})"))
        (void)begun.slice_told(status, body);
    check(begun);
}

void try_kept(std::string_view text)
{
    const auto read = agent::parse_kept_prints(text);
    if (!read) return;
    if (read->size() > agent::most_kept_prints) std::abort();
    for (const auto& one : *read)
        check(one.now);
    const auto written = agent::text_of(*read);
    const auto again = agent::parse_kept_prints(written);
    if (!again || agent::text_of(*again) != written) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        try_kept(text);
        break;
    case 1:
        try_answers(data[0] % 2 == 0 ? 202 : 200, text);
        break;
    default:
        try_answers(400 + data[0], text);
    }
    return 0;
}
