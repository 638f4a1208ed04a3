// Any bytes as OFF: what is read can be analysed and repaired, and written and read again it is the same.
#include "workshop/models/off.hpp"

#include "tests/fuzz/any_model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    return layerline::fuzz::use_model(read_off({reinterpret_cast<const char*>(data), size}, {500, 1e6F}),
                                      [](const mesh& model) { return read_off(write_off(model)); });
}
