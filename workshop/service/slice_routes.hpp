// Which part of the Slice API a request is for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace layerline::workshop {

enum class slice_place : std::uint8_t {
    slices,    // POST: a slice request
    reference, // GET: every field of a request
    profiles,  // GET: printers, materials and qualities
    requests,  // POST: profiles become a slice request
    slice,     // of the id `id`: GET tells how it stands, DELETE cancels it
    log,       // GET: the answer with its steps
    result,    // GET: the G-code, or the drawings
    events,    // GET, server-sent
    layers,    // GET: what layers the result has
    layer,     // GET: one, drawn; `part` is its number
    elsewhere,
};

struct slice_route {
    slice_place place = slice_place::elsewhere;
    std::string id, part;
};

// Whether the address is one of the Slice API's: "/slices/…".
bool is_slice_target(std::string_view target);

// The addresses at and below /slices/v1.
slice_route slice_route_of(std::string_view target);

} // namespace layerline::workshop
