// How far flat triangles stand off the round surface that they are likely to be made for.
#pragma once

#include "workshop/models/edges.hpp"

namespace layerline::workshop {

// mm: what holds for 99 of 100 mm of all edges at which the surface turns by less than 30 degrees (sharper
// ones are meant to be edges). Between two facets of width w that turn by an angle t a round surface stands
// w / 2 * tan(t / 4) off their middles. 0 of a model without such edges.
double faceting_deviation(const mesh& model, const edge_links& links);

} // namespace layerline::workshop
