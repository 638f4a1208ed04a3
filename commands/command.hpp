// One row of the table of commands, and what a command works with.
#pragma once

#include "commands/arguments.hpp"
#include "commands/camera_store.hpp"
#include "commands/layer_cache.hpp"
#include "commands/plugin_api.hpp"
#include "commands/reply.hpp"
#include "commands/status_text.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace layerline::commands {

inline constexpr int max_viewers = 32; // of the event stream, at once

// One call under way. Everything outlives the command's coroutine.
struct command_context {
    printer::printer_link& printer;
    file_store& files;
    const agent_facts& facts;
    const caller& who;
    transport::exchange& call;
    int& viewers;        // how many event streams are open
    status_text& status; // kept from call to call
    layer_cache& layers; // the same
    dialect how = dialect::exact;
    std::string request_id;
    printer::terms terms;            // of a command that acts
    camera_store* cameras = nullptr; // null: none
    upload_desk* uploads = nullptr;  // the same
    queue_desk* queue = nullptr;     // the same
    const log_source* logs = nullptr;
    host_api* host = nullptr;
    const std::function<std::optional<lan_place>()>* lan = nullptr; // the same
    model_printer* models = nullptr;                                // the same
};

// What a command gives. With `why`, `result` (if not null) is what is known in spite of the failure.
struct command_answer {
    nlohmann::json result = nlohmann::json::object();
    std::optional<failure> why;
    std::string text; // of a success that is JSON text already: instead of `result`

    command_answer() = default;
    command_answer(nlohmann::json r) : result(std::move(r)) {}
    command_answer(failure f) : result(nullptr), why(std::move(f)) {}
};

struct command_spec {
    std::string_view path = {}; // exactly as in the URL, after the prefix
    std::string_view does = {}; // in a sentence
    std::span<const std::string_view> methods = {};
    access::scope needs = access::scope::view;
    std::span<const argument> schema = {};
    bool acts = false;         // moves, heats or changes a job: takes terms
    bool body_is_file = false; // the body is not arguments; they come from the query alone
    bool always = false;       // emergency-stop: no argument, term or malformed body can refuse it
    // One of the two: an answer in the envelope, or everything by itself.
    transport::task<command_answer> (*run)(command_context&, const arguments&) = nullptr;
    transport::task<void> (*run_raw)(command_context&, const arguments&) = nullptr;
};

std::span<const command_spec> command_table();
// The row of exactly that path, or null.
const command_spec* find_command(std::string_view path);

// What every command that acts takes beside its own arguments: ExpectedState, ExpectedJobId.
std::span<const argument> terms_schema();
// The terms of a call: from its deadline, its arguments and its headers (Idempotency-Key,
// X-Layerline-Expect-State, X-Layerline-Expect-Job). Failures: 400 for a malformed one, 786 `late`.
outcome<printer::terms> read_terms(const transport::request_head& request, const arguments& given,
                                   const caller& who, transport::clock::time_point now);

// Sends an answer in the envelope, with the headers that all answers have.
transport::task<void> send_envelope(command_context& at, unsigned http_status, std::string text,
                                    transport::fields more = {});
// Sends a failure of a raw endpoint: HTTP's code, the envelope as the body.
transport::task<void> send_raw_failure(command_context& at, failure why, transport::fields more = {});

} // namespace layerline::commands
