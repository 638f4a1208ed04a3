// SHA-256 of a local file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace layerline::cli {

// 64 lower-case hexadecimal digits; none if the file cannot be read to its end.
std::optional<std::string> sha256_of_file(const std::filesystem::path& file);

} // namespace layerline::cli
