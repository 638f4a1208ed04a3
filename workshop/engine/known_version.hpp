// The engine's version without asking it each time: what it said is kept for as long as its program stays as
// it was.
#pragma once

#include <filesystem>
#include <string>

namespace layerline::workshop {

// As ask_engine_version(), kept in a small file of that folder, which must exist; an empty path: asked each
// time. To ask takes a tenth of a second. A program that does not run is asked again.
std::string known_engine_version(const std::string& program, const std::filesystem::path& folder);

} // namespace layerline::workshop
