#include "workshop/models/model_error.hpp"

#include <algorithm>
#include <array>

namespace layerline::workshop {

namespace {

constexpr std::array rows{
    model_error_row{model_errc::server_error, "server_error", 500, "The workshop's own store failed.", false,
                    "Look at the workshop's log: its disk may be full or its database damaged."},
    model_error_row{model_errc::temporary, "temporary", 503, "The workshop has no room for this now.", false,
                    "Try again after the time that Retry-After tells."},
    model_error_row{model_errc::access_denied, "access_denied", 401, "No token, or none that is good here.",
                    true, "Send `Authorization: Bearer TOKEN` with a token that has the scope \"files\"."},
    model_error_row{model_errc::invalid_parameter, "invalid_parameter", 400,
                    "A parameter is missing or of the wrong type.", true,
                    "Correct the parameter that the message names."},
    model_error_row{model_errc::type_not_accepted, "type_not_accepted", 415,
                    "Files of this kind are not taken.", true,
                    "Upload STL, OBJ, PLY, OFF, 3MF, AMF or glTF."},
    model_error_row{model_errc::file_too_big, "file_too_big", 413, "The file is too big; it was not kept.",
                    true, "Make it smaller, or raise the limit in workshop.toml."},
    model_error_row{model_errc::file_not_found, "file_not_found", 404,
                    "There is no such file, or it is not yours.", true,
                    "Check the id; files are deleted after a time."},
    model_error_row{model_errc::file_empty, "file_empty", 400, "The file has no content.", true,
                    "Upload it again."},
    model_error_row{model_errc::chunk_too_big, "chunk_too_big", 413, "The chunk is too big.", true,
                    "Send smaller chunks."},
    model_error_row{model_errc::commit_failed, "commit_failed", 409,
                    "The chunks do not make the file that was announced.", true,
                    "Send the chunks that the message names, then commit again."},
    model_error_row{model_errc::chunk_empty, "chunk_empty", 400, "The chunk is empty.", true,
                    "Send its bytes."},
    model_error_row{model_errc::file_exists, "file_exists", 409, "There is a file with this id already.",
                    true, "Use another id: a file that is there is never written over."},
    model_error_row{model_errc::token_expired, "token_expired", 403,
                    "The token has expired; downloads still work.", true, "Make a new token."},
    model_error_row{model_errc::quota_used_up, "quota_used_up", 403,
                    "This month's uploads of the token are used up.", false,
                    "Wait for the next month, or raise the token's quota."},
    model_error_row{model_errc::operation_not_started, "operation_not_started", 500,
                    "The operation could not be started.", false,
                    "Try again; the log says what stood in the way."},
    model_error_row{model_errc::operation_not_found, "operation_not_found", 404,
                    "There is no such operation, or it is not yours.", true,
                    "Check the id; results are deleted after a time."},
    model_error_row{model_errc::timed_out, "timed_out", 422, "The operation took longer than it may.", true,
                    "Reduce the model first, or raise the time in workshop.toml."},
    model_error_row{model_errc::not_finished, "not_finished", 409, "The operation has not finished yet.",
                    false, "Ask for its state, and for the result once that is succeeded."},
    model_error_row{
        model_errc::operation_died, "operation_died", 500, "The operation ended without a result.", false,
        "Try again; if it stays, the model is one that the workshop cannot work on: please report it."},
    model_error_row{model_errc::wrong_units, "wrong_units", 400, "The units of measurement are not known.",
                    true, "Give mm, cm, m, inch or foot."},
    model_error_row{model_errc::not_convertible, "not_convertible", 422,
                    "The model cannot be converted: it is too large, or a picture, or no model at all.", true,
                    "Models have at most 5 million triangles."},
    model_error_row{model_errc::not_a_model, "not_a_model", 422, "The file holds no model that can be read.",
                    true, "It may be damaged, or of another format than its name says; export it again."},
    model_error_row{model_errc::wall_out_of_range, "wall_out_of_range", 400,
                    "The smallest wall is 0.1 to 20 mm.", true, "Give a value in this range."},
    model_error_row{model_errc::wall_accuracy_unknown, "wall_accuracy_unknown", 400,
                    "The accuracy is none of the levels.", true, "Give one of the documented levels."},
    model_error_row{model_errc::model_too_big, "model_too_big", 422, "The model is longer than 500 mm.", true,
                    "Scale it down first."},
    model_error_row{model_errc::scale_out_of_range, "scale_out_of_range", 400, "A scale is 0.01 to 10000.",
                    true, "Give a value in this range."},
    model_error_row{model_errc::axis_unknown, "axis_unknown", 400, "The axes are X, Y and Z.", true,
                    "Give one of them."},
    model_error_row{model_errc::thumbnail_size, "thumbnail_size", 400,
                    "A thumbnail is 10 to 10000 pixels wide and high.", true, "Give values in this range."},
    model_error_row{model_errc::camera_angle, "camera_angle", 400, "Camera angles are -180 to 180 degrees.",
                    true, "Give values in this range."},
    model_error_row{model_errc::shrinkwrap_accuracy, "shrinkwrap_accuracy", 400,
                    "The accuracy is Rough, Smooth or Detailed.", true, "Give one of them."},
    model_error_row{model_errc::reduce_accuracy, "reduce_accuracy", 400,
                    "The accuracy is a number from 0 to 10 mm.", true, "Give a value in this range."},
    model_error_row{model_errc::reduce_angle, "reduce_angle", 400,
                    "The largest angle is a whole number from 0 to 90.", true, "Give a value in this range."},
    model_error_row{model_errc::reduce_iterations, "reduce_iterations", 400,
                    "The iterations are a whole number from 1 to 1000.", true, "Give a value in this range."},
    model_error_row{model_errc::hollow_wall, "hollow_wall", 400, "The wall is a number from 1 to 20 mm.",
                    true, "Give a value in this range."},
    model_error_row{model_errc::drain_hole_size, "drain_hole_size", 400, "A drain hole is 0.5 to 50 mm wide.",
                    true, "Give a value in this range."},
    model_error_row{model_errc::drain_hole_place, "drain_hole_place", 422, "A drain hole cannot be there.",
                    true, "Give a place on the outer surface, with a cavity behind it and room about it."},
    model_error_row{model_errc::format_unknown, "format_unknown", 400,
                    "There is no such format to export to.", true,
                    "Give stl, ascii-stl, obj, ply, off, 3mf or glb."},
};

} // namespace

std::span<const model_error_row> model_error_table()
{
    return rows;
}

const model_error_row& row_of(model_errc code)
{
    const auto hit = std::find_if(rows.begin(), rows.end(),
                                  [code](const model_error_row& row) { return row.code == code; });
    return hit != rows.end() ? *hit : rows.front(); // each of the enumeration has a row; a test says so
}

std::string text_of(const model_failure& failure)
{
    return failure.detail.empty() ? std::string(row_of(failure.code).text) : failure.detail;
}

} // namespace layerline::workshop
