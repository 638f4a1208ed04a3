// The report of a run: what was executed, streamed to a file beside it so that memory stays bounded, and the
// figures at the end. One JSON object.
#pragma once

#include "printer/virtual/firmware.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::printer::virtual_printer {

// One entry of `executed` as JSON: {"line_number":12,"command":"G1 X5"}; null when the line had no number.
std::string executed_entry(std::string_view command, std::optional<std::int64_t> line_number);

// The figures as the members of a JSON object, without braces.
std::string report_members(const firmware_status& status);

class report {
public:
    // Entries go to `path`.executed from now on; write() makes `path`.
    // Throws std::runtime_error when that file cannot be made.
    explicit report(std::string path);
    ~report();
    report(const report&) = delete;
    report& operator=(const report&) = delete;

    void executed(std::string_view command, std::optional<std::int64_t> line_number);
    // Writes the whole report under a temporary name and renames it. False when the disk refuses.
    bool write(const firmware_status& status);

private:
    struct closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string path_;
    std::string entries_path_;
    std::unique_ptr<std::FILE, closer> entries_;
    bool first_ = true;
};

} // namespace layerline::printer::virtual_printer
