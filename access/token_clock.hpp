// The two clocks that a token's life is measured by, so that tests can turn them.
#pragma once

#include "access/token_service.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace layerline::access {

struct token_clock {
    std::function<std::int64_t()> wall_unix;              // seconds; may be stepped either way
    std::function<transport::clock::time_point()> steady; // never goes back
};

std::unique_ptr<token_service> make_token_service(store& keeper, token_clock clock);

} // namespace layerline::access
