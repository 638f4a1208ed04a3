#include "workshop/models/voxel_set.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace layerline::workshop {

namespace {

// Corner c of a cube is at (c & 1, c >> 1 & 1, c >> 2). For each set of corners that are in: which corner to
// add so that it comes nearer to being well composed; -1 where it is.
constexpr std::array<std::int8_t, 256> corner_to_add = [] {
    std::array<std::int8_t, 256> table{};
    for (unsigned in = 0; in < 256; ++in) {
        table[in] = -1;
        for (unsigned axis = 0; axis < 3 && table[in] < 0; ++axis)
            for (unsigned side = 0; side < 2 && table[in] < 0; ++side) {
                const unsigned u = 1U << (axis + 1) % 3, v = 1U << (axis + 2) % 3, at = side << axis;
                const bool a = (in >> at & 1U) != 0, b = (in >> (at | u) & 1U) != 0,
                           c = (in >> (at | u | v) & 1U) != 0, d = (in >> (at | v) & 1U) != 0;
                if (a == c && b == d && a != b) table[in] = static_cast<std::int8_t>(a ? at | u : at);
            }
        for (unsigned corner = 0; corner < 8 && table[in] < 0; ++corner) {
            const unsigned pair = 1U << corner | 1U << (7 - corner);
            if (in == pair) table[in] = static_cast<std::int8_t>(corner ^ 1U);
            if (in == (255U ^ pair)) table[in] = static_cast<std::int8_t>(corner);
        }
    }
    return table;
}();

} // namespace

void voxel_set::fill_enclosed()
{
    // Runs along z, from the first point; what is reached is marked with 2.
    std::vector<std::size_t> waiting{0};
    const auto [nx, ny, nz] = points_.size;
    const auto reach = [&](std::size_t line, int from, int to) {
        bool before = false;
        for (int z = from; z <= to; ++z) {
            const bool open = in_[line + static_cast<std::size_t>(z)] == 0;
            if (open && !before) waiting.push_back(line + static_cast<std::size_t>(z));
            before = open;
        }
    };
    while (!waiting.empty()) {
        const auto at = waiting.back();
        waiting.pop_back();
        if (in_[at] != 0) continue;
        const auto line = at - at % points_.stride(1);
        int from = static_cast<int>(at - line), to = from;
        while (from > 0 && in_[line + static_cast<std::size_t>(from) - 1] == 0)
            --from;
        while (to + 1 < nz && in_[line + static_cast<std::size_t>(to) + 1] == 0)
            ++to;
        std::fill(in_.begin() + static_cast<std::ptrdiff_t>(line) + from,
                  in_.begin() + static_cast<std::ptrdiff_t>(line) + to + 1, std::uint8_t{2});
        const auto x = static_cast<int>(line / points_.stride(0)),
                   y = static_cast<int>(line / points_.stride(1)) % ny;
        if (x > 0) reach(line - points_.stride(0), from, to);
        if (x + 1 < nx) reach(line + points_.stride(0), from, to);
        if (y > 0) reach(line - points_.stride(1), from, to);
        if (y + 1 < ny) reach(line + points_.stride(1), from, to);
    }
    for (auto& one : in_)
        one = one == 2 ? 0 : 1;
}

bool voxel_set::make_well_composed(bool by_adding)
{
    std::array<std::size_t, 8> corner{};
    for (unsigned c = 0; c < 8; ++c)
        corner.at(c) = points_.index(static_cast<int>(c & 1U), static_cast<int>(c >> 1U & 1U),
                                     static_cast<int>(c >> 2U));
    bool changed = false;
    std::vector<std::size_t> waiting; // cubes to look at once more
    // Gives the corner that was changed, or the cube's number if none was.
    const auto mend = [&](std::size_t cube) {
        unsigned in = 0;
        for (unsigned c = 0; c < 8; ++c)
            in |= static_cast<unsigned>(in_[cube + corner.at(c)]) << c;
        const auto which = corner_to_add.at(by_adding ? in : 255U ^ in);
        if (which < 0) return;
        const auto at = cube + corner.at(static_cast<std::size_t>(which));
        in_[at] = by_adding ? 1 : 0;
        changed = true;
        for (const auto back : corner) // never at the border, so that all of these are cubes
            waiting.push_back(at - back);
    };
    const auto [nx, ny, nz] = points_.size;
    for (int x = 0; x + 1 < nx; ++x)
        for (int y = 0; y + 1 < ny; ++y)
            for (int z = 0; z + 1 < nz; ++z) {
                mend(points_.index(x, y, z));
                while (!waiting.empty()) {
                    const auto cube = waiting.back();
                    waiting.pop_back();
                    mend(cube);
                }
            }
    return changed;
}

std::vector<std::size_t> voxel_set::parts(std::vector<std::uint32_t>& number_of) const
{
    number_of.assign(in_.size(), 0);
    std::vector<std::size_t> sizes{0}, waiting;
    for (std::size_t start = 0; start < in_.size(); ++start) {
        if (in_[start] == 0 || number_of[start] != 0) continue;
        const auto number = static_cast<std::uint32_t>(sizes.size());
        sizes.push_back(0);
        number_of[start] = number;
        waiting.push_back(start);
        while (!waiting.empty()) {
            const auto at = waiting.back();
            waiting.pop_back();
            ++sizes.back();
            for (int axis = 0; axis < 3; ++axis)
                for (const auto other : {at - points_.stride(axis), at + points_.stride(axis)})
                    if (in_[other] != 0 && number_of[other] == 0) {
                        number_of[other] = number;
                        waiting.push_back(other);
                    }
        }
    }
    return sizes;
}

std::size_t voxel_set::keep_largest()
{
    std::vector<std::uint32_t> number_of;
    const auto sizes = parts(number_of);
    if (sizes.size() <= 2) return 0;
    const auto kept =
        static_cast<std::uint32_t>(std::max_element(sizes.begin(), sizes.end()) - sizes.begin());
    for (std::size_t i = 0; i < in_.size(); ++i)
        in_[i] = number_of[i] == kept ? 1 : 0;
    return sizes.size() - 2;
}

std::size_t voxel_set::drop_smaller_than(std::size_t least)
{
    std::vector<std::uint32_t> number_of;
    const auto sizes = parts(number_of);
    for (std::size_t i = 0; i < in_.size(); ++i)
        in_[i] = number_of[i] != 0 && sizes[number_of[i]] >= least ? 1 : 0;
    return static_cast<std::size_t>(
        std::count_if(sizes.begin() + 1, sizes.end(), [least](std::size_t size) { return size < least; }));
}

std::size_t voxel_set::size() const
{
    return static_cast<std::size_t>(std::count(in_.begin(), in_.end(), std::uint8_t{1}));
}

std::vector<std::uint8_t> voxel_set::dilated(int reach) const
{
    auto now = in_;
    for (int axis = 0; axis < 3; ++axis) {
        const auto before = now;
        for (int by = 1; by <= reach; ++by) {
            // Across the border of a line it runs into the next one's, where nothing is in the set.
            const auto shift = points_.stride(axis) * static_cast<std::size_t>(by);
            for (std::size_t i = shift; i < now.size(); ++i) {
                now[i] |= before[i - shift];
                now[i - shift] |= before[i];
            }
        }
    }
    return now;
}

} // namespace layerline::workshop
