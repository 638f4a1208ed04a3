// The virtual printer's receive path: any bytes in any slicing, with time passing in between.
#include "printer/virtual/firmware.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace layerline::printer::virtual_printer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    firmware_settings settings;
    settings.boot_time = std::chrono::milliseconds(1);
    settings.baud = data[0] & 1 ? 115200 : 0;
    settings.emergency_parser = (data[0] & 2) != 0;
    settings.speed = data[0] & 4 ? 100 : 1;
    settings.faults = {0.1, 0.1, 0.1, 0};
    time_point now{};
    firmware board(settings, now, {});
    board.advance(now += std::chrono::milliseconds(500));
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t slice = 1 + data[0] / 8;
    for (std::size_t at = 0; at < input.size(); at += slice) {
        board.receive(input.substr(at, slice), now);
        now += std::chrono::milliseconds(data[0] & 3);
        board.take_output(now);
    }
    board.take_output(now + std::chrono::seconds(5));
    return 0;
}
