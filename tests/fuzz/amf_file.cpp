// Any bytes as AMF, and, behind a zero, as the document in an archive: what is read can be analysed and
// repaired, and written and read again it is the same.
#include "workshop/models/amf.hpp"
#include "workshop/models/three_mf.hpp"

#include "tests/fuzz/any_model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    std::string bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.starts_with('\0')) bytes = zipped({{"part.amf", bytes.substr(1)}});
    zip_limits small;
    small.bytes = 1024UL * 1024;
    return layerline::fuzz::use_model(read_amf(bytes, {500, 1e6F}, small),
                                      [](const mesh& model) { return read_three_mf(write_three_mf(model)); });
}
