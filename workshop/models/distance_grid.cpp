#include "workshop/models/distance_grid.hpp"

#include <openvdb/Grid.h>
#include <openvdb/tools/MeshToVolume.h>

#include <tbb/global_control.h>

#include <memory>
#include <utility>
#include <vector>

namespace layerline::workshop {

namespace {

class openvdb_grid : public distance_grid {
public:
    explicit openvdb_grid(openvdb::FloatGrid::Ptr made)
        : made_(std::move(made)), reader_(made_->getConstAccessor())
    {
    }

    float at(int x, int y, int z) const override { return reader_.getValue(openvdb::Coord(x, y, z)); }
    void for_each(const std::function<void(int, int, int, float)>& work) const override
    {
        for (auto value = made_->cbeginValueOn(); value; ++value) {
            const auto box = value.getBoundingBox(); // of one point, but for tiles
            for (auto each = box.begin(); each; ++each)
                work((*each).x(), (*each).y(), (*each).z(), *value);
        }
    }

private:
    openvdb::FloatGrid::Ptr made_;
    openvdb::FloatGrid::ConstAccessor reader_;
};

std::unique_ptr<distance_grid> make_grid(const grid_input& input)
{
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, input.threads);
    std::vector<openvdb::Vec3s> places;
    places.reserve(input.places.size());
    for (const auto& one : input.places)
        places.emplace_back(one[0], one[1], one[2]);
    std::vector<openvdb::Vec3I> triangles;
    triangles.reserve(input.triangles.size());
    for (const auto& one : input.triangles)
        triangles.emplace_back(one[0], one[1], one[2]);
    const auto steps = openvdb::math::Transform::createLinearTransform(1.0);
    return std::make_unique<openvdb_grid>(openvdb::tools::meshToUnsignedDistanceField<openvdb::FloatGrid>(
        *steps, places, triangles, {}, input.reach));
}

} // namespace

} // namespace layerline::workshop

extern "C" __attribute__((visibility("default"))) layerline::workshop::distance_grid*
layerline_make_distance_grid_1(const layerline::workshop::grid_input& input)
{
    return layerline::workshop::make_grid(input).release();
}
