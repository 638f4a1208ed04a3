#include "workshop/models/three_mf.hpp"

#include "workshop/models/number_text.hpp"
#include "workshop/models/three_mf_part.hpp"
#include "workshop/models/xml_stream.hpp"

#include <map>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::string_view relations = "_rels/.rels";
constexpr std::string_view model_kind = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel";
constexpr std::size_t most_parts = 1000, most_uses = 100'000, most_depth = 32;

std::string without_slash(std::string path)
{
    if (path.starts_with('/')) path.erase(0, 1);
    return path;
}

class relation_listener final : public xml_listener {
public:
    std::string model = "3D/3dmodel.model"; // where it nearly always is

    model_result<void> begin(std::string_view element, const xml_attributes& all) override
    {
        if (element == "Relationship" && all.find("Type").value_or("") == model_kind)
            model = without_slash(std::string(all.find("Target").value_or("")));
        return {};
    }
    model_result<void> end(std::string_view) override { return {}; }
};

class assembly {
public:
    assembly(zip_archive& archive, const import_limits& limits) : archive_(archive), limits_(limits) {}

    mesh made;

    model_result<void> build(const std::string& path)
    {
        const auto part = part_of(path);
        if (part.has_error()) return part.error();
        for (const auto& item : (*part)->build)
            if (auto done = add(path, item, {}, 0); done.has_error()) return done;
        return {};
    }

private:
    model_result<const three_mf_part*> part_of(const std::string& path)
    {
        const auto known = parts_.find(path);
        if (known != parts_.end()) return &known->second;
        if (parts_.size() >= most_parts) return unreadable("The archive has too many models.");
        auto read = read_three_mf_part(archive_, path, limits_, read_triangles_);
        if (read.has_error()) return read.error();
        return &parts_.try_emplace(path, *std::move(read)).first->second;
    }

    // Components of components may be as many as there are ways to them: what comes of them is counted.
    model_result<void> add(const std::string& from, const object_use& use, const placement& outer,
                           std::size_t depth)
    {
        if (depth > most_depth) return unreadable("Object " + use.id.substr(0, 32) + " is part of itself.");
        if (++uses_ > most_uses)
            return model_failure{model_errc::not_convertible, "The model is put together of over " +
                                                                  std::to_string(most_uses) + " objects."};
        const auto path = use.path.empty() ? from : without_slash(use.path);
        const auto part = part_of(path);
        if (part.has_error()) return part.error();
        const auto found = (*part)->objects.find(use.id);
        if (found == (*part)->objects.end())
            return unreadable(path.substr(0, 200) + ": there is no object " + use.id.substr(0, 32) + ".");
        const auto& object = found->second;
        if (object.support) return {};
        const auto where = combined(use.where, outer);
        if (auto done = add_placed(made, object.surface, where, limits_); done.has_error()) return done;
        for (const auto& component : object.components)
            if (auto done = add(path, component, where, depth + 1); done.has_error()) return done;
        return {};
    }

    zip_archive& archive_;
    const import_limits& limits_;
    std::map<std::string, three_mf_part> parts_;
    std::size_t read_triangles_ = 0, uses_ = 0;
};

} // namespace

model_result<mesh> read_three_mf(std::string_view bytes, const import_limits& limits,
                                 const zip_limits& archive)
{
    auto opened = zip_archive::open(bytes, archive);
    if (opened.has_error()) return opened.error();
    relation_listener relation;
    if (opened->has(std::string(relations))) {
        xml_stream xml(relation, std::string(relations));
        auto read = opened->read(std::string(relations),
                                 [&xml](std::string_view piece) { return xml.feed(piece, false); });
        if (!read.has_error()) read = xml.feed({}, true);
        if (read.has_error()) return read.error();
    }
    if (!opened->has(relation.model)) return unreadable("The archive holds no 3MF model.");
    assembly all(*opened, limits);
    if (const auto done = all.build(relation.model); done.has_error()) return done.error();
    if (all.made.triangles.empty()) return unreadable("The file says of no triangle that it is to be built.");
    return std::move(all.made);
}

std::string write_three_mf(const mesh& model)
{
    std::string xml = R"(<?xml version="1.0" encoding="UTF-8"?>
<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
<resources><object id="1" type="model"><mesh><vertices>
)";
    for (const auto& at : model.points) {
        append_number(xml += "<vertex x=\"", at.x);
        append_number(xml += "\" y=\"", at.y);
        append_number(xml += "\" z=\"", at.z);
        xml += "\"/>\n";
    }
    xml += "</vertices><triangles>\n";
    for (const auto& [a, b, c] : model.triangles)
        xml += "<triangle v1=\"" + std::to_string(a) + "\" v2=\"" + std::to_string(b) + "\" v3=\"" +
               std::to_string(c) + "\"/>\n";
    xml += "</triangles></mesh></object></resources><build><item objectid=\"1\"/></build></model>\n";
    std::string types = R"(<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>
)";
    std::string relation = R"(<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rel0" Target="/3D/3dmodel.model" Type=")" +
                           std::string(model_kind) + "\"/></Relationships>\n";
    return zipped({{"[Content_Types].xml", std::move(types)},
                   {std::string(relations), std::move(relation)},
                   {"3D/3dmodel.model", std::move(xml)}});
}

} // namespace layerline::workshop
