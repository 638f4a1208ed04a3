#include "workshop/slicing/slice_error.hpp"

#include <algorithm>
#include <array>

namespace layerline::workshop {

namespace {

using enum slice_errc;

constexpr std::string_view give_section =
    "Send the section with the values that you want, `{}` for its defaults, or `null` where it can be off.";
constexpr std::string_view always = "Send the section: slicing cannot do without it.";

constexpr std::array rows{
    slice_error_row{bad_value, "bad_value", "A value is of the wrong type or out of its range.", true,
                    "Correct the field that is named; GET /slices/v1/reference tells types and ranges."},
    slice_error_row{unknown_type, "unknown_type", "The type of the request is not known.", true,
                    "The type is \"slice\"."},
    slice_error_row{unknown_field, "unknown_field", "The data have a field that is not known.", true,
                    "Leave it out, or correct its name."},
    slice_error_row{no_model, "no_model", "There is no model.", true,
                    "`model` is a list with at least one model."},
    slice_error_row{no_region_settings, "no_region_settings", "The region settings are missing.", true,
                    "Send `regionSettings`, an empty list for none."},
    slice_error_row{no_extruders, "no_extruders", "There are no extruders.", true,
                    "`extruders` is a list with at least one extruder."},
    slice_error_row{no_fan, "no_fan", "The section `fan` is missing.", true, give_section},
    slice_error_row{no_bed, "no_bed", "The section `bed` is missing.", true, always},
    slice_error_row{no_raft, "no_raft", "The section `raft` is missing.", true, give_section},
    slice_error_row{no_infill, "no_infill", "The section `infill` is missing.", true, give_section},
    slice_error_row{no_support, "no_support", "The section `support` is missing.", true, give_section},
    slice_error_row{no_skirt, "no_skirt", "The section `skirt` is missing.", true, give_section},
    slice_error_row{no_movement, "no_movement", "The section `movement` is missing.", true, always},
    slice_error_row{no_bottom, "no_bottom", "The section `bottom` is missing.", true, always},
    slice_error_row{no_top, "no_top", "The section `top` is missing.", true, always},
    slice_error_row{no_retraction, "no_retraction", "The section `retraction` is missing.", true,
                    give_section},
    slice_error_row{no_multi_extrusion, "no_multi_extrusion", "The section `multiExtrusion` is missing.",
                    true, "More than one extruder needs it; `{}` takes its defaults."},
    slice_error_row{no_layers, "no_layers", "The section `layers` is missing.", true, always},
    slice_error_row{no_gcode, "no_gcode", "The section `gcode` is missing.", true, always},
    slice_error_row{no_version, "no_version", "The version is missing.", true,
                    "Send `version`: \"1.0.6\", \"1.0.5\" or \"1.0.2\"."},
    slice_error_row{too_old, "too_old", "The slice request is of a version that is not taken any more.", true,
                    "Send a request of version 1.0.2, 1.0.5 or 1.0.6."},
    slice_error_row{bad_version, "bad_version", "The version cannot be read, or is newer than this program.",
                    true, "Send \"1.0.6\", \"1.0.5\" or \"1.0.2\"."},
    slice_error_row{malformed, "malformed", "The request is not a JSON object.", true,
                    "Send {\"type\":\"slice\",\"data\":{…}}."},
    slice_error_row{internal, "internal", "Slicing failed.", false,
                    "The log's steps tell where; try again, and report it if it stays."},
    slice_error_row{no_svg_folder, "no_svg_folder", "The folder for the SVG files could not be made.", false,
                    "Look whether a file stands where the folder should be."},
    slice_error_row{not_moved, "not_moved", "The files could not be moved into the output bucket.", false,
                    "Look whether its disk is full or read-only."},
    slice_error_row{region_in_bottom, "region_in_bottom", "A region lies wholly inside the bottom layers.",
                    true, "Let it end higher, or take fewer bottom layers."},
    slice_error_row{region_in_top, "region_in_top", "A region lies wholly inside the top layers.", true,
                    "Let it begin lower, or take fewer top layers."},
    slice_error_row{model_not_found, "model_not_found", "The input bucket or the model does not exist.", true,
                    "Upload the model first; files are deleted after a time."},
    slice_error_row{does_not_fit, "does_not_fit", "The model, its skirt, brim or raft does not fit the bed.",
                    true, "Scale or move it, or correct the size of the bed."},
    slice_error_row{no_such_extruder, "no_such_extruder", "An extruder is used that is not defined.", true,
                    "Extruders are counted from 0 in the order of `extruders`."},
    slice_error_row{no_bucket_out, "no_bucket_out", "The output bucket does not exist.", true,
                    "Name a bucket of workshop.toml, or leave `bucketOut` out."},
    slice_error_row{wall_and_nozzle, "wall_and_nozzle",
                    "A line's width or height is not possible with the nozzle.", true,
                    "Widths are from half to three times the nozzle's size, heights at most its size."},
};

constexpr std::array internal_rows{
    internal_code_row{-2, internal, "slicing failed"},
    internal_code_row{-3, model_not_found, "the input bucket or the model was not found"},
    internal_code_row{-4, does_not_fit, "the model is too large for the bed"},
    internal_code_row{-5, no_such_extruder, "an extruder is not defined"},
    internal_code_row{-6, no_bucket_out, "the output bucket was not found"},
    internal_code_row{-7, no_svg_folder, "the folder for the SVG files could not be made"},
    internal_code_row{-8, wall_and_nozzle, "a wall is not possible with the nozzle"},
    internal_code_row{-9, std::nullopt, "of former versions, never told"},
    internal_code_row{-10, std::nullopt, "of former versions, never told"},
    internal_code_row{-11, does_not_fit, "skirt, brim or raft does not fit the bed"},
};

} // namespace

std::span<const slice_error_row> slice_error_table()
{
    return rows;
}

const slice_error_row& row_of(slice_errc code)
{
    const auto* const hit = std::find_if(rows.begin(), rows.end(),
                                         [code](const slice_error_row& row) { return row.code == code; });
    return hit != rows.end() ? *hit : row_of(internal);
}

std::span<const internal_code_row> internal_code_table()
{
    return internal_rows;
}

int internal_code_of(const slice_failure& failure)
{
    if (failure.internal != 0) return failure.internal;
    for (const auto& row : internal_rows)
        if (row.becomes == failure.code) return row.code;
    return internal_rows.front().code;
}

std::string text_of(const slice_failure& failure)
{
    return failure.text.empty() ? std::string(row_of(failure.code).text) : failure.text;
}

} // namespace layerline::workshop
