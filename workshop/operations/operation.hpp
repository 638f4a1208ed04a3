// The operations of the Model API: one table of name, parameters and result, and what each does to a file. An
// operation runs in a process of its own and touches nothing but its input, its output and its memory.
#pragma once

#include "workshop/operations/parameters.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace layerline::workshop {

// What is left of an operation beside its fields.
enum class operation_output : std::uint8_t {
    nothing,
    model, // for further operations: resultId
    file,  // to be downloaded: fileId
};

struct operation_input {
    nlohmann::json parameters;            // checked
    std::filesystem::path source;         // the uploaded file, or an earlier result
    bool result = false;                  // it is an earlier result: binary STL in mm
    std::filesystem::path output;         // where the output goes, whole or not at all
    std::size_t most_bytes = 0;           // of the source
    unsigned threads = 0;                 // at most so many at work; 0: one a core
    std::function<void(double)> progress; // 0 to 1, in steps worth telling
};

// What an operation has at once, the file that it reads among it, as measured on binary STL.
struct memory_need {
    std::uint32_t fixed_mb = 64, bytes_a_triangle = 180;
};

struct operation_row {
    std::string_view name, other_name; // both are taken in addresses
    std::span<const parameter> parameters;
    operation_output output = operation_output::nothing;
    // The result's fields.
    model_result<nlohmann::json> (*run)(const operation_input& input) = nullptr;
    std::string_view does; // for the documentation
    memory_need memory = {};
    // Makes ready what `run` needs of the machine beside its files; called before the process is confined to
    // those.
    model_result<void> (*make_ready)() = nullptr;
};

std::span<const operation_row> operation_table();
// By either name; null if there is none.
const operation_row* find_operation(std::string_view name);
// The parameter that names the file to work on.
std::string_view input_parameter(const operation_row& row);
// What the file that it makes is called at a download, without the folder: "part.stl".
std::string output_name(const operation_row& row, const nlohmann::json& parameters,
                        std::string_view input_name);

} // namespace layerline::workshop
