#include "workshop/pipeline/gcode_stages.hpp"

#include "workshop/pipeline/volumes.hpp"

namespace layerline::workshop {

using nlohmann::json;

std::string engine_version(const std::string&)
{
    return {};
}

slice_result<json> make_gcode(const job_task&, const slice_task&, const std::vector<std::filesystem::path>&,
                              progress_line&, slice_log&)
{
    return slice_failure{slice_errc::internal, {}, "This version writes drawings (mode svg) only."};
}

} // namespace layerline::workshop
