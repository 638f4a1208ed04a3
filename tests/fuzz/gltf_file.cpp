// Any bytes as glTF, and, behind a zero and two bytes with the length of the JSON, as the chunks of a .glb:
// what is read can be analysed and repaired, and written and read again it is the same.
#include "workshop/models/gltf.hpp"

#include "tests/fuzz/any_model.hpp"

namespace {

std::string word(std::size_t value)
{
    std::string bytes;
    for (unsigned i = 0; i < 4; ++i)
        bytes += static_cast<char>(value >> 8 * i & 0xffU);
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::workshop;
    std::string bytes(reinterpret_cast<const char*>(data), size);
    if (size >= 3 && data[0] == 0) {
        const auto text = bytes.substr(3, data[1] * 256U + data[2]);
        const auto rest = bytes.substr(3 + text.size());
        const auto chunks =
            word(text.size()) + "JSON" + text + word(rest.size()) + std::string("BIN\0", 4) + rest;
        bytes = "glTF" + word(2) + word(12 + chunks.size()) + chunks;
    }
    return layerline::fuzz::use_model(read_gltf(bytes, {500, 1e6F}, {2000, 64}),
                                      [](const mesh& model) { return read_gltf(write_glb(model)); });
}
