#include "cli/tell.hpp"

#include <iostream>

namespace layerline::cli {

exit_code tell_fault(const command_line& asked, const verdict& said)
{
    if (asked.json && said.body.is_object()) std::cout << said.body.dump() << "\n";
    std::cerr << "layerline " << asked.verb << ": " << for_terminal(said.text) << "\n";
    return said.code;
}

exit_code tell(const command_line& asked, const verdict& said, const std::string& words)
{
    if (said.code != exit_code::done) return tell_fault(asked, said);
    if (asked.json)
        std::cout << said.body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    else if (!words.empty())
        std::cout << words << "\n";
    return exit_code::done;
}

} // namespace layerline::cli
