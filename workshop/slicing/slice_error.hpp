// The Slice API's errors: one table of code, stable name, text, permanence and advice. The codes are Katana's
// (200 to 605, and the internal ones below 0 that stand in a slice log's steps). They go into the body as
// `status`; the HTTP status is another thing.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace layerline::workshop {

enum class slice_errc : std::int16_t {
    bad_value = 400,
    unknown_type = 401,
    unknown_field = 402,
    no_model = 403,
    no_region_settings = 404,
    no_extruders = 405,
    no_fan = 406,
    no_bed = 407,
    no_raft = 408,
    no_infill = 409,
    no_support = 410,
    no_skirt = 411,
    no_movement = 412,
    no_bottom = 413,
    no_top = 414,
    no_retraction = 415,
    no_multi_extrusion = 416,
    no_layers = 417,
    no_gcode = 418,
    no_version = 419,
    too_old = 420,
    bad_version = 421,
    malformed = 499,
    internal = 500,
    no_svg_folder = 501,
    not_moved = 502,
    region_in_bottom = 510,
    region_in_top = 511,
    model_not_found = 601,
    does_not_fit = 602,
    no_such_extruder = 603,
    no_bucket_out = 604,
    wall_and_nozzle = 605,
};

struct slice_error_row {
    slice_errc code;
    std::string_view name; // stable
    std::string_view text;
    bool permanent; // the same request will fail again
    std::string_view advice;
};

// Every row, in the order of the codes.
std::span<const slice_error_row> slice_error_table();
const slice_error_row& row_of(slice_errc code);

// The internal codes of a log's steps: what the request as a whole fails with. -9 and -10 are of former
// versions and never told.
struct internal_code_row {
    int code; // -2 to -11
    std::optional<slice_errc> becomes;
    std::string_view text;
};
std::span<const internal_code_row> internal_code_table();

struct slice_failure {
    slice_errc code = slice_errc::internal;
    std::string field; // "regionSettings[1].layerHeight"; empty: the request as a whole
    std::string text;  // a sentence; empty: the row's text says it all
    int internal = 0;  // of the log's step; 0: the one that stands for the code
};

// What a log's step says that failed so: -2 where the table has nothing nearer.
int internal_code_of(const slice_failure& failure);

// The text, or the row's where there is none.
std::string text_of(const slice_failure& failure);

template <class T>
using slice_result = boost::system::result<T, slice_failure>;

// boost::system::result asks for this; value() on a failure is a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const slice_failure& failure,
                                                    const boost::source_location&)
{
    throw std::logic_error("slice_result::value() on a failure: " + failure.text);
}

} // namespace layerline::workshop
