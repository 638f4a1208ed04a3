// Sees commands that must not wait in any queue, in the bytes as they arrive.
#pragma once

#include <optional>
#include <string>

namespace layerline::printer::virtual_printer {

struct emergency {
    enum class kind { continue_on, halt, quick_stop, answer }; // M108, M112, M410, M876 S
    kind what = kind::continue_on;
    int choice = 0; // of M876
};

class emergency_parser {
public:
    // Takes one byte; an emergency when it ended the line of one.
    std::optional<emergency> push(char c);
    void clear() { line_.clear(); }

private:
    std::string line_; // the line's start, as much as matters
};

} // namespace layerline::printer::virtual_printer
