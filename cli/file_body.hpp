// A local file as a body that tells how far it has been read.
#pragma once

#include "cli/api.hpp"
#include "transport/exchange.hpp"

#include <filesystem>
#include <memory>

namespace layerline::cli {

// From `from` on. Null if the file cannot be opened or is no regular file (errno says why).
std::shared_ptr<transport::body_source> open_file_body(const std::filesystem::path& file,
                                                       progress_report report, std::uint64_t from = 0);

} // namespace layerline::cli
