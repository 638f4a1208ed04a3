#include "workshop/models/three_mf_part.hpp"

#include "workshop/models/model_words.hpp"
#include "workshop/models/xml_stream.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace layerline::workshop {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 6> units{{{"micron", 0.001},
                                                                    {"millimeter", 1},
                                                                    {"centimeter", 10},
                                                                    {"inch", 25.4},
                                                                    {"foot", 304.8},
                                                                    {"meter", 1000}}};
constexpr std::size_t most_objects = 100'000; // and components, and items to be built: of one file

class part_listener final : public xml_listener {
public:
    part_listener(const import_limits& limits, std::size_t& triangles)
        : limits_(limits), triangles_(triangles)
    {
    }

    three_mf_part part;

    model_result<void> begin(std::string_view element, const xml_attributes& all) override
    {
        if (element == "model") return begin_model(all);
        if (element == "object") return begin_object(all);
        if (element == "item") return use_object(all, part.build);
        if (object_ == nullptr) return {};
        if (element == "vertex") return add_point(all);
        if (element == "triangle") return add_triangle(all);
        if (element == "component") return use_object(all, object_->components);
        return {};
    }

    model_result<void> end(std::string_view element) override
    {
        if (element != "object" || object_ == nullptr) return {};
        for (const auto& one : object_->surface.triangles)
            for (const auto corner : one)
                if (corner >= object_->surface.points.size())
                    return unreadable("a triangle's corner is none of the object's " +
                                      std::to_string(object_->surface.points.size()) + " points.");
        object_ = nullptr;
        return {};
    }

private:
    model_result<void> begin_model(const xml_attributes& all)
    {
        const auto unit = all.find("unit").value_or("millimeter");
        for (const auto& [name, size] : units)
            if (unit == name) {
                unit_ = size;
                return {};
            }
        return model_failure{model_errc::wrong_units,
                             "the unit \"" + std::string(unit.substr(0, 32)) + "\" is not known."};
    }

    model_result<void> begin_object(const xml_attributes& all)
    {
        const auto id = all.find("id");
        if (!id || object_ != nullptr || part.objects.size() >= most_objects)
            return unreadable("an object has no id, stands in another, or is one too many.");
        const auto [at, fresh] = part.objects.try_emplace(std::string(*id));
        if (!fresh) return unreadable("two objects have the same id.");
        object_ = &at->second;
        object_->support = all.find("type").value_or("") == "support";
        return {};
    }

    model_result<void> add_point(const xml_attributes& all)
    {
        point at;
        for (const auto& [name, value] :
             {std::pair{"x", &at.x}, std::pair{"y", &at.y}, std::pair{"z", &at.z}}) {
            const auto read = number_in(all.find(name).value_or(""));
            if (!read) return unreadable("a point needs three numbers.");
            *value = static_cast<float>(*read * unit_);
        }
        if (!sane(at, limits_.max_coordinate))
            return unreadable("a point is no number, or over a kilometre away.");
        auto& points = object_->surface.points;
        if (points.size() >= 3 * limits_.max_triangles) return too_many(points.size(), limits_.max_triangles);
        points.push_back(at);
        return {};
    }

    model_result<void> add_triangle(const xml_attributes& all)
    {
        triangle one{};
        std::size_t i = 0;
        for (const auto* const name : {"v1", "v2", "v3"}) {
            const auto read = whole_in(all.find(name).value_or(""));
            if (!read || *read < 0 || *read > INT32_MAX) return unreadable("a triangle needs three corners.");
            one.at(i++) = static_cast<std::uint32_t>(*read);
        }
        if (++triangles_ > limits_.max_triangles) return too_many(triangles_, limits_.max_triangles);
        object_->surface.triangles.push_back(one);
        return {};
    }

    model_result<void> use_object(const xml_attributes& all, std::vector<object_use>& to) const
    {
        object_use use;
        use.id = all.find("objectid").value_or("");
        use.path = all.find("path").value_or("");
        if (use.id.empty() || to.size() >= most_objects)
            return unreadable("an object to be used has no id, or there are too many.");
        if (const auto where = all.find("transform")) {
            model_words words(*where);
            for (std::size_t i = 0; i < use.where.numbers.size(); ++i) {
                const auto read = number_in(words.next());
                if (!read) return unreadable("a transform needs twelve numbers.");
                use.where.numbers.at(i) = *read * (i >= 9 ? unit_ : 1);
            }
        }
        to.push_back(std::move(use));
        return {};
    }

    const import_limits& limits_;
    std::size_t& triangles_;
    double unit_ = 1;
    three_mf_object* object_ = nullptr; // the one that is open
};

} // namespace

model_result<three_mf_part> read_three_mf_part(zip_archive& archive, const std::string& path,
                                               const import_limits& limits, std::size_t& triangles)
{
    part_listener listener(limits, triangles);
    xml_stream xml(listener, path.substr(0, 200));
    auto read = archive.read(path, [&xml](std::string_view piece) { return xml.feed(piece, false); });
    if (!read.has_error()) read = xml.feed({}, true);
    if (read.has_error()) return read.error();
    return std::move(listener.part);
}

} // namespace layerline::workshop
