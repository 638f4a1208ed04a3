// Columns that may be null, for both ways of a statement: use(c.value, c.there) and into(c.value, c.there).
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <optional>

namespace layerline::access {

struct number_column {
    long long value = 0;
    soci::indicator there = soci::i_null;

    number_column() = default;
    explicit number_column(std::optional<std::int64_t> from)
        : value(from.value_or(0)), there(from ? soci::i_ok : soci::i_null)
    {
    }
    std::optional<std::int64_t> get() const
    {
        return there == soci::i_ok ? std::optional<std::int64_t>(value) : std::nullopt;
    }
};

} // namespace layerline::access
