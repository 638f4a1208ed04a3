#include "workshop/models/placement.hpp"

#include <cstdint>

namespace layerline::workshop {

point placement::apply(const point& at) const
{
    const auto& m = numbers;
    const auto along = [&](std::size_t axis) {
        return static_cast<float>(at.x * m.at(axis) + at.y * m.at(axis + 3) + at.z * m.at(axis + 6) +
                                  m.at(axis + 9));
    };
    return {along(0), along(1), along(2)};
}

bool placement::mirrors() const
{
    const auto& m = numbers;
    return dot({m[0], m[1], m[2]}, cross({m[3], m[4], m[5]}, {m[6], m[7], m[8]})) < 0;
}

placement combined(const placement& inner, const placement& outer)
{
    placement all;
    for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t column = 0; column < 3; ++column) {
            auto sum = row == 3 ? outer.numbers.at(9 + column) : 0;
            for (std::size_t i = 0; i < 3; ++i)
                sum += inner.numbers.at(3 * row + i) * outer.numbers.at(3 * i + column);
            all.numbers.at(3 * row + column) = sum;
        }
    return all;
}

model_result<void> add_placed(mesh& model, const mesh& surface, const placement& where,
                              const import_limits& limits)
{
    const auto count = model.triangles.size() + surface.triangles.size();
    if (count > limits.max_triangles) return too_many(count, limits.max_triangles);
    if (model.points.size() + surface.points.size() > 6 * limits.max_triangles)
        return too_many(count, limits.max_triangles);
    const auto first = static_cast<std::uint32_t>(model.points.size());
    for (const auto& at : surface.points) {
        model.points.push_back(where.apply(at));
        if (!sane(model.points.back(), limits.max_coordinate))
            return unreadable("A transform puts a point over a kilometre away.");
    }
    const auto mirrored = where.mirrors();
    for (const auto& [a, b, c] : surface.triangles)
        model.triangles.push_back({first + a, first + (mirrored ? c : b), first + (mirrored ? b : c)});
    return {};
}

} // namespace layerline::workshop
