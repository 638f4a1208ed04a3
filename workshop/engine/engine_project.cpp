#include "workshop/engine/engine_project.hpp"

#include "workshop/models/number_text.hpp"
#include "workshop/models/zip_writer.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace layerline::workshop {

namespace {

std::string number(double value)
{
    std::string text;
    append_number(text, value);
    return text;
}

template <class... Parts>
void put(std::string& to, const Parts&... parts)
{
    ((to += parts), ...);
}

void put_index(std::string& to, std::uint32_t value)
{
    std::array<char, 12> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    to.append(digits.data(), end.ptr);
}

constexpr std::size_t bytes_of_point = 60, bytes_of_triangle = 60; // about, as text

void add_mesh(std::string& to, const mesh& model)
{
    to.reserve(to.size() + model.points.size() * bytes_of_point + model.triangles.size() * bytes_of_triangle);
    to += "<mesh><vertices>\n";
    for (const auto& at : model.points) {
        to += "<vertex x=\"";
        append_number(to, at.x);
        to += "\" y=\"";
        append_number(to, at.y);
        to += "\" z=\"";
        append_number(to, at.z);
        to += "\"/>\n";
    }
    to += "</vertices><triangles>\n";
    for (const auto& one : model.triangles) {
        to += "<triangle v1=\"";
        put_index(to, one[0]);
        to += "\" v2=\"";
        put_index(to, one[1]);
        to += "\" v3=\"";
        put_index(to, one[2]);
        to += "\"/>\n";
    }
    to += "</triangles></mesh>\n";
}

std::string model_part(std::span<const placed_volume> volumes)
{
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<model unit=\"millimeter\" "
                       "xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\" "
                       "xmlns:slic3rpe=\"http://schemas.slic3r.org/3mf/2017/06\">\n"
                       "<metadata name=\"slic3rpe:Version3mf\">1</metadata>\n<resources>\n";
    for (std::size_t index = 0; index < volumes.size(); ++index) {
        put(text, "<object id=\"", std::to_string(index + 1), "\" type=\"model\">");
        add_mesh(text, volumes[index].shape);
        text += "</object>\n";
    }
    text += "</resources>\n<build>\n";
    for (std::size_t index = 0; index < volumes.size(); ++index)
        put(text, "<item objectid=\"", std::to_string(index + 1),
            "\" transform=\"1 0 0 0 1 0 0 0 1 0 0 0\" printable=\"1\"/>\n");
    text += "</build>\n</model>\n";
    return text;
}

std::string model_settings(const engine_plan& plan, std::span<const placed_volume> volumes)
{
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<config>\n";
    for (std::size_t index = 0; index < volumes.size(); ++index) {
        const auto& volume = plan.volumes[index];
        put(text, " <object id=\"", std::to_string(index + 1), "\" instances_count=\"1\">\n");
        put(text, "  <metadata type=\"object\" key=\"name\" value=\"", volume.name, "\"/>\n");
        put(text, "  <metadata type=\"object\" key=\"extruder\" value=\"",
            std::to_string(volume.extruder + 1), "\"/>\n");
        put(text, "  <volume firstid=\"0\" lastid=\"",
            std::to_string(volumes[index].shape.triangles.size() - 1), "\">\n");
        put(text, "   <metadata type=\"volume\" key=\"name\" value=\"", volume.name, "\"/>\n");
        text += "   <metadata type=\"volume\" key=\"volume_type\" value=\"ModelPart\"/>\n"
                "   <metadata type=\"volume\" key=\"matrix\" value=\"1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\"/>\n"
                "  </volume>\n </object>\n";
    }
    text += "</config>\n";
    return text;
}

std::string layer_ranges(const engine_plan& plan)
{
    std::string text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<objects>\n";
    for (std::size_t index = 0; index < plan.volumes.size(); ++index) {
        put(text, " <object id=\"", std::to_string(index + 1), "\">\n");
        for (const auto& range : plan.volumes[index].ranges) {
            put(text, "  <range min_z=\"", number(range.from_mm), "\" max_z=\"", number(range.to_mm),
                "\">\n");
            for (const auto& [key, value] : range.settings)
                put(text, "   <option opt_key=\"", key, "\">", value, "</option>\n");
            text += "  </range>\n";
        }
        text += " </object>\n";
    }
    text += "</objects>\n";
    return text;
}

constexpr std::string_view content_types =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\n"
    "<Default Extension=\"model\" ContentType=\"application/vnd.ms-package.3dmanufacturing-3dmodel+xml\"/>\n"
    "</Types>\n";
constexpr std::size_t most_unpacked = 32UL * 1024 * 1024;
constexpr std::string_view relations =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\n"
    "<Relationship Target=\"/3D/3dmodel.model\" Id=\"rel-1\" "
    "Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>\n</Relationships>\n";

} // namespace

bool write_engine_project(const engine_plan& plan, std::span<const placed_volume> volumes,
                          const std::function<bool(std::string_view)>& take)
{
    zip_writer archive(take);
    // The engine reads it once: packing costs more than it saves, until the disk's cache is short of room.
    const auto model = model_part(volumes);
    const auto how = model.size() <= most_unpacked ? packing::none : packing::quick;
    return archive.add("[Content_Types].xml", content_types) && archive.add("_rels/.rels", relations) &&
           archive.add("3D/3dmodel.model", model, how) &&
           archive.add("Metadata/Slic3r_PE_model.config", model_settings(plan, volumes)) &&
           archive.add("Metadata/Prusa_Slicer_layer_config_ranges.xml", layer_ranges(plan)) &&
           archive.finish();
}

std::string settings_text(const engine_settings& settings)
{
    std::string text;
    for (const auto& [key, value] : settings)
        put(text, key, " = ", value, "\n");
    return text;
}

} // namespace layerline::workshop
