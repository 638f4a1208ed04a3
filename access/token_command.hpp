// `token create|list|revoke` of layerline-agent, layerline-relay and layerline-workshop: the same words, the
// same answers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): the library's own
class App;
}

namespace layerline::access {

struct token_command {
    std::string verb; // "create", "list", "revoke"; empty: not asked for
    std::string name, scopes = "view,control,files", life, id;
    std::vector<std::string> printers;
    long long uploads_per_month = -1; // below 0: not asked for
    bool json = false;
};

// Adds the `token` subcommand and its own to a program's options; `into` must live as long as `program`.
// `counts_uploads`: it is the workshop, where a token may have a number of uploads of its own.
void add_token_command(CLI::App& program, token_command& into, bool counts_uploads = false);

// Asks the running program over its control socket; if it does not run, opens the store in `state`. Prints to
// stdout; a new secret stands alone on the last line. Returns the exit code: 0 done, 1 refused, 2 bad
// arguments.
int run_token_command(const token_command& asked, const std::filesystem::path& state);

// "90d", "12h", "30m", "45s" as seconds; 0 if it is none of these.
long long parse_life(const std::string& text);

} // namespace layerline::access
