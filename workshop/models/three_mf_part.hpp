// One model file of a 3MF archive: its objects and what of them is to be built.
#pragma once

#include "workshop/models/placement.hpp"
#include "workshop/models/zip_archive.hpp"

#include <map>
#include <string>
#include <vector>

namespace layerline::workshop {

struct object_use {
    std::string path, id; // path: of another file of the archive, or empty
    placement where;
};

struct three_mf_object {
    mesh surface; // mm
    std::vector<object_use> components;
    bool support = false; // not part of the model
};

struct three_mf_part {
    std::map<std::string, three_mf_object> objects;
    std::vector<object_use> build;
};

// `triangles` of all files so far; it grows.
model_result<three_mf_part> read_three_mf_part(zip_archive& archive, const std::string& path,
                                               const import_limits& limits, std::size_t& triangles);

} // namespace layerline::workshop
