#include "tests/workshop/damage.hpp"

#include "workshop/models/weld.hpp"

#include <array>
#include <random>
#include <utility>
#include <vector>

namespace layerline::workshop::shapes {

mesh damaged(const mesh& good, const damage& how, std::uint32_t seed)
{
    using corners = std::array<point, 3>;
    std::mt19937 random(seed);
    const auto hit = [&](unsigned of_a_thousand) { return random() % 1000 < of_a_thousand; };
    const auto shift = [&] { return how.by * (static_cast<float>(random() % 2001) / 1000 - 1); };
    std::vector<corners> all;
    for (const auto& one : good.triangles) {
        corners at{good.points[one[0]], good.points[one[1]], good.points[one[2]]};
        if (hit(how.missing)) continue;
        if (hit(how.flipped)) std::swap(at[1], at[2]);
        if (hit(how.doubled)) all.push_back(at);
        if (hit(how.degenerate)) all.push_back({at[0], at[1], at[1]});
        if (hit(how.flaps)) {
            auto flap = at;
            flap[2].x += 3;
            flap[2].y -= 2;
            flap[2].z += 1;
            all.push_back(flap);
        }
        if (hit(how.moved)) {
            auto& corner = at[random() % 3];
            corner = {corner.x + shift(), corner.y + shift(), corner.z + shift()};
        }
        all.push_back(at);
    }
    mesh made;
    for (const auto& one : all) {
        const auto first = static_cast<std::uint32_t>(made.points.size());
        made.points.insert(made.points.end(), one.begin(), one.end());
        made.triangles.push_back({first, first + 1, first + 2});
    }
    weld_equal(made);
    return made;
}

} // namespace layerline::workshop::shapes
