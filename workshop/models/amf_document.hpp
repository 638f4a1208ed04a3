// What stands in an AMF document: its objects and constellations, as they come. Format facts: each number is
// the text of an element of its own; objects and constellations share one set of ids.
#pragma once

#include "workshop/models/placement.hpp"
#include "workshop/models/xml_stream.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace layerline::workshop {

struct amf_instance {
    std::string id; // of an object or of another constellation
    placement where;
};

struct amf_entry {
    mesh surface;                        // mm; of an object
    std::vector<amf_instance> instances; // of a constellation
    bool constellation = false;
};

struct amf_document {
    std::map<std::string, amf_entry> entries; // by id
};

// Gives XML in pieces to a function, to the end or its refusal.
using xml_source =
    std::function<model_result<void>(const std::function<model_result<void>(std::string_view)>&)>;

// `where` is what the document is called in what goes wrong, with the line. 200 for a unit that is not known,
// 201 for too many triangles, 202 for the rest.
model_result<amf_document> read_amf_document(const xml_source& source, const std::string& where,
                                             const import_limits& limits);

} // namespace layerline::workshop
