// An upload's bytes as they stream in, raw or as a form with one file: what of them is the file. Pure.
#pragma once

#include "commands/form_data.hpp"
#include "workshop/models/model_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::workshop {

// 50 for a file that is known by its first 512 bytes to be no model. Pictures pass: an operation on one says
// 201.
std::optional<model_failure> refused_as_no_model(std::string_view head);

class upload_reader {
public:
    // `boundary` of a form, or nothing for a raw body, whose file is called `name`.
    upload_reader(const std::optional<std::string>& boundary, std::string name, std::uint64_t most_bytes);

    // The bytes of the file among these. 13 if it is no good form, or one with two files; 51 past the limit.
    model_result<std::string> take(std::string_view bytes);
    // What the file is called. 13 if the form ended early or had no file, 53 if the file is empty, 50 if it
    // is something else than a model.
    model_result<std::string> end();

private:
    std::optional<commands::form_reader> form_;
    std::string name_, head_;
    std::uint64_t most_, bytes_ = 0;
    bool in_file_ = false, had_file_ = false, form_over_ = false;
};

} // namespace layerline::workshop
