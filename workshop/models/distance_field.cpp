#include "workshop/models/distance_field.hpp"

#include <openvdb/Grid.h>
#include <openvdb/tools/MeshToVolume.h>

#include <tbb/global_control.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace layerline::workshop {

struct distance_field::grid {
    openvdb::FloatGrid::Ptr made;
    mutable openvdb::FloatGrid::ConstAccessor reader;
    explicit grid(openvdb::FloatGrid::Ptr from) : made(std::move(from)), reader(made->getConstAccessor()) {}
};

distance_field::distance_field(const mesh& model, const lattice& points, double reach, unsigned threads)
    : points_(points)
{
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    threads > 0 ? threads
                                                : std::max(1U, std::thread::hardware_concurrency()));
    std::vector<openvdb::Vec3s> places;
    places.reserve(model.points.size());
    for (const auto& one : model.points) {
        const auto at = points.in_steps(one);
        places.emplace_back(static_cast<float>(at.x), static_cast<float>(at.y), static_cast<float>(at.z));
    }
    std::vector<openvdb::Vec3I> triangles;
    triangles.reserve(model.triangles.size());
    for (const auto& one : model.triangles)
        triangles.emplace_back(one[0], one[1], one[2]);
    const auto steps = openvdb::math::Transform::createLinearTransform(1.0);
    grid_ = std::make_unique<grid>(openvdb::tools::meshToUnsignedDistanceField<openvdb::FloatGrid>(
        *steps, places, triangles, {}, static_cast<float>(reach)));
}

distance_field::~distance_field() = default;

float distance_field::at(int x, int y, int z) const
{
    return grid_->reader.getValue(openvdb::Coord(x, y, z));
}

void distance_field::for_each(const std::function<void(int, int, int, float)>& work) const
{
    for (auto value = grid_->made->cbeginValueOn(); value; ++value) {
        const auto box = value.getBoundingBox(); // of one point, but for tiles
        for (auto each = box.begin(); each; ++each) {
            const auto at = *each;
            if (at.x() >= 0 && at.y() >= 0 && at.z() >= 0 && at.x() < points_.size[0] &&
                at.y() < points_.size[1] && at.z() < points_.size[2])
                work(at.x(), at.y(), at.z(), *value);
        }
    }
}

} // namespace layerline::workshop
