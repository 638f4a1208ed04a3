// The Model API's errors: one table of code, stable name, HTTP status, text, permanence and advice. The codes
// are those of the contract that Layerline keeps to (10 to 900); 801 and 802 are its own.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace layerline::workshop {

enum class model_errc : std::uint16_t {
    server_error = 10,
    temporary = 11,
    access_denied = 12,
    invalid_parameter = 13,
    type_not_accepted = 50,
    file_too_big = 51,
    file_not_found = 52,
    file_empty = 53,
    chunk_too_big = 54,
    commit_failed = 55,
    chunk_empty = 56,
    file_exists = 57,
    token_expired = 60,
    quota_used_up = 61,
    operation_not_started = 70,
    operation_not_found = 71,
    timed_out = 72,
    not_finished = 73,
    operation_died = 74,
    wrong_units = 200,
    not_convertible = 201,
    not_a_model = 202,
    wall_out_of_range = 300,
    wall_accuracy_unknown = 301,
    model_too_big = 302,
    scale_out_of_range = 400,
    axis_unknown = 401,
    thumbnail_size = 500,
    camera_angle = 501,
    shrinkwrap_accuracy = 600,
    reduce_accuracy = 700,
    reduce_angle = 701,
    reduce_iterations = 702,
    hollow_wall = 800,
    drain_hole_size = 801,
    drain_hole_place = 802,
    format_unknown = 900,
};

struct model_error_row {
    model_errc code;
    std::string_view name; // stable
    unsigned status;       // HTTP
    std::string_view text;
    bool permanent; // the same request will fail again
    std::string_view advice;
};

// Every row, in the order of the codes.
std::span<const model_error_row> model_error_table();
const model_error_row& row_of(model_errc code);

// A failure as a value: the row, and what happened here, with its place where there is one.
struct model_failure {
    model_errc code = model_errc::operation_died;
    std::string detail; // a sentence; empty: the row's text says it all
};

// The detail, or the row's text where there is none.
std::string text_of(const model_failure& failure);

template <class T>
using model_result = boost::system::result<T, model_failure>;

// boost::system::result asks for this; value() on a failure is a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const model_failure& failure,
                                                    const boost::source_location&)
{
    throw std::logic_error("model_result::value() on a failure: " + failure.detail);
}

} // namespace layerline::workshop
