#include "workshop/models/distance_field.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <dlfcn.h>

namespace layerline::workshop {

namespace {

struct loaded_library {
    distance_grid_maker make = nullptr;
    std::string why; // it is not there
};

loaded_library load()
{
    std::error_code fault;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", fault);
    const auto path = program.parent_path().parent_path() / "lib" / "layerline" / LAYERLINE_VOXELS;
    // Never closed: OpenVDB's threads and tables are the process'.
    void* const library = fault ? nullptr : ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const found = library != nullptr ? ::dlsym(library, distance_grid_maker_name) : nullptr;
    if (found != nullptr) return {reinterpret_cast<distance_grid_maker>(found), {}};
    const char* const said = ::dlerror(); // NOLINT(concurrency-mt-unsafe): glibc keeps one a thread
    return {nullptr, said != nullptr ? said : fault.message()};
}

const loaded_library& library()
{
    static const auto one = load();
    return one;
}

} // namespace

model_result<void> load_distance_grids()
{
    if (library().make != nullptr) return {};
    return model_failure{model_errc::operation_not_started,
                         "The part of the workshop that works with voxels cannot be loaded. Is libopenvdb "
                         "installed, and was the service begun anew since an upgrade? " +
                             library().why};
}

distance_field::distance_field(const mesh& model, const lattice& points, double reach, unsigned threads)
    : points_(points)
{
    if (library().make == nullptr) throw std::logic_error(library().why);
    std::vector<std::array<float, 3>> places;
    places.reserve(model.points.size());
    for (const auto& one : model.points) {
        const auto at = points.in_steps(one);
        places.push_back({static_cast<float>(at.x), static_cast<float>(at.y), static_cast<float>(at.z)});
    }
    const grid_input input{places, model.triangles, static_cast<float>(reach),
                           threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency())};
    grid_.reset(library().make(input));
}

void distance_field::for_each(const std::function<void(int, int, int, float)>& work) const
{
    grid_->for_each([&](int x, int y, int z, float distance) {
        if (x >= 0 && y >= 0 && z >= 0 && x < points_.size[0] && y < points_.size[1] && z < points_.size[2])
            work(x, y, z, distance);
    });
}

} // namespace layerline::workshop
