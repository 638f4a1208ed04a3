// A file of the workshop's as an answer: whole, or the range that was asked for.
#pragma once

#include "commands/disk_threads.hpp"
#include "transport/exchange.hpp"
#include "workshop/service/model_answer.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace layerline::workshop {

// Streams it; `sent` is set once the answer has begun. Else what it returns is the answer: 10 where the file
// cannot be opened, 416 for a range that is not there.
transport::task<model_answer> send_file(transport::exchange& call,
                                        std::shared_ptr<commands::disk_threads> disk,
                                        std::filesystem::path file, std::string name, std::string type,
                                        bool& sent);

} // namespace layerline::workshop
