// The result of `status` as text, made anew only when the printer's state has changed: apps ask several times
// a second, and most of an answer's cost is to make its JSON.
#pragma once

#include "commands/camera_store.hpp"
#include "printer/printer_state.hpp"

#include <functional>
#include <string>

namespace layerline::commands {

class status_text {
public:
    // status_result() of this state as JSON text, with the cameras if there are any; `features` is asked only
    // when it is made anew.
    std::string of(printer::printer_state state, const std::function<int()>& features,
                   const camera_store* cameras = nullptr);

private:
    printer::printer_state state_; // what the text was made of; without the age, which always differs
    std::uint64_t cameras_ = 0;    // their version then
    std::string before_, after_;   // the text on either side of the age
};

} // namespace layerline::commands
