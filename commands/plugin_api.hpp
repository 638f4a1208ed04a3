// The Plugin API: one table of commands behind /plugin-api/v1/ and /octoeverywhere-command-api/. Whoever
// routes a request here has authenticated it; the scope of each command is checked here again.
#pragma once

#include "commands/caller.hpp"
#include "commands/camera_store.hpp"
#include "commands/file_store.hpp"
#include "printer/printer_link.hpp"
#include "transport/exchange.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace layerline::commands {

enum class dialect : std::uint8_t {
    exact, // /plugin-api/v1/: methods and argument types are checked, unknown fields are errors
    seed,  // /octoeverywhere-command-api/: GET, POST and PUT all accepted, unknown fields ignored
};

// What the agent says of itself in `ping` and `capabilities`.
struct agent_facts {
    std::string agent_id;
    std::string version;
};

class host_api;
class log_source;
class model_printer;
class queue_desk;
class upload_desk;

// Where the same commands are answered without a relay.
struct lan_place {
    std::string address; // numeric, as others in the network reach it
    std::uint16_t port = 0;
};

// What an agent may have beside its printer and its files; null: it has none.
struct plugin_parts {
    camera_store* cameras = nullptr;
    upload_desk* uploads = nullptr;
    queue_desk* queue = nullptr;
    const log_source* logs = nullptr;
    host_api* host = nullptr;
    std::function<std::optional<lan_place>()> lan = {}; // nothing: it listens to this machine alone
    model_printer* models = nullptr;
};

class plugin_api {
public:
    virtual ~plugin_api() = default;
    // Answers one call. `command` is the path after the prefix, without query ("files/list").
    virtual transport::task<void> serve(transport::exchange& call, caller who, dialect how,
                                        std::string command) = 0;
};
// What is referred to must outlive it.
std::unique_ptr<plugin_api> make_plugin_api(printer::printer_link& printer, file_store& files,
                                            agent_facts facts, plugin_parts parts = {});

} // namespace layerline::commands
