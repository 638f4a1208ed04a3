// One SQLite database through SOCI, used by one thread; what SOCI throws becomes a value.
#pragma once

#include "access/error.hpp"
#include "access/store.hpp"

#include <soci/soci.h>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <type_traits>

namespace layerline::access {

// Thrown by work on the database that has a row of its own to tell.
struct store_error : std::runtime_error {
    explicit store_error(errc code) : std::runtime_error("store"), why(code) {}
    errc why;
};

class database {
public:
    // Makes the file with mode 0600 if there is none, connects, and brings the schema up to date.
    boost::system::error_code open(const store_options& options);
    soci::session& sql() { return sql_; }
    // Rows that the last statement changed.
    std::int64_t changed();
    // A number that another connection's change makes differ; 0 if it cannot be read now.
    std::int64_t data_version();
    // The row for what was thrown while this database was used.
    errc why(const std::exception& thrown);

    // Runs `work(*this)`; what it throws is the result's error.
    template <class T, class Work>
    transport::result<T> guarded(Work& work)
    {
        try {
            if constexpr (std::is_void_v<T>) {
                work(*this);
                return {};
            } else {
                return work(*this);
            }
        } catch (const std::exception& thrown) {
            return {boost::system::in_place_error, make_error_code(why(thrown))};
        }
    }

private:
    void connect(const store_options& options);
    void bring_up_to_date();
    soci::session sql_;
};

} // namespace layerline::access
