// `layerline-workshop slice …`: what a slice request means, without slicing anything.
#pragma once

#include <filesystem>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): the library's own
class App;
}

namespace layerline::workshop {

struct slice_command {
    enum class verb { none, reference, check } chosen = verb::none;
    std::filesystem::path request;
    double height_mm = 0; // of the volumes whose layers are to be told; 0: none
    bool json = false;
};

// Adds `slice reference` and `slice check`; parsing fills `into`, which has to outlive `app`.
void add_slice_command(CLI::App& app, slice_command& into);
// Exit code: 0 done; 1 the request is refused, the text says why; 2 it cannot be read.
int run_slice_command(const slice_command& command);

} // namespace layerline::workshop
