// `layerline-workshop model shrinkwrap|hollow|thickness`: the operations that need a lattice or rays, on
// files.
#pragma once

#include "workshop/models/model_error.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace layerline::workshop {

class solid_commands {
public:
    // Adds them to the command `model`.
    explicit solid_commands(CLI::App& models);
    ~solid_commands();
    solid_commands(const solid_commands&) = delete;
    solid_commands& operator=(const solid_commands&) = delete;

    // The exit code of the one that was given; nothing if it was none of these. `failed` says a failure and
    // gives its exit code.
    std::optional<int> run(const std::function<int(const model_failure&)>& failed) const;

private:
    struct words;
    std::unique_ptr<words> words_;
};

} // namespace layerline::workshop
