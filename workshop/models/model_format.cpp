#include "workshop/models/model_format.hpp"

#include "workshop/models/amf.hpp"
#include "workshop/models/file_kind.hpp"
#include "workshop/models/gltf.hpp"
#include "workshop/models/obj.hpp"
#include "workshop/models/off.hpp"
#include "workshop/models/ply.hpp"
#include "workshop/models/stl.hpp"
#include "workshop/models/three_mf.hpp"
#include "workshop/models/zip_archive.hpp"

namespace layerline::workshop {

namespace {

model_result<mesh> read_archive(std::string_view bytes, const import_limits& limits)
{
    const auto opened = zip_archive::open(bytes);
    if (opened.has_error()) return opened.error();
    return holds_amf(*opened) ? read_amf(bytes, limits) : read_three_mf(bytes, limits);
}

} // namespace

model_result<mesh> read_model(std::string_view bytes, const import_limits& limits)
{
    // The size of a binary STL is proof; its first 80 bytes may be anything.
    if (is_binary_stl(bytes)) return read_stl(bytes, limits);
    if (looks_like_zip(bytes)) return read_archive(bytes, limits);
    if (looks_like_ply(bytes)) return read_ply(bytes, limits);
    if (looks_like_off(bytes)) return read_off(bytes, limits);
    if (looks_like_gltf(bytes)) return read_gltf(bytes, limits);
    if (looks_like_amf(bytes)) return read_amf(bytes, limits);
    if (const auto other = kind_of_no_model(bytes))
        return model_failure{model_errc::not_convertible,
                             "This is " + std::string(other->what) + ", not a three-dimensional model."};
    if (looks_like_obj(bytes)) return read_obj(bytes, limits);
    return read_stl(bytes, limits);
}

bool tells_its_unit(std::string_view bytes)
{
    return !is_binary_stl(bytes) &&
           (looks_like_zip(bytes) || looks_like_gltf(bytes) || looks_like_amf(bytes));
}

model_result<std::string> exported(const mesh& model, std::string_view format)
{
    std::string lower(format);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (lower == "stl") return binary_stl(model);
    if (lower == "ascii-stl") return ascii_stl(model, "Layerline");
    if (lower == "obj") return write_obj(model);
    if (lower == "ply") return write_ply(model);
    if (lower == "off") return write_off(model);
    if (lower == "3mf") return write_three_mf(model);
    if (lower == "glb") return write_glb(model);
    return model_failure{model_errc::format_unknown,
                         "There is no format \"" + std::string(format.substr(0, 32)) + "\" here; there are " +
                             std::string(written_formats) + "."};
}

} // namespace layerline::workshop
