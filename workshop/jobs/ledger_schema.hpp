// The tables of the workshop's database, and its transactions. Throws what SOCI throws.
#pragma once

#include <soci/soci.h>

#include <exception>

namespace layerline::workshop {

// Makes the tables, or brings those of an older version up to date.
void bring_up_to_date(soci::session& sql);

// Ends with its scope, undone unless commit() was called.
class transaction {
public:
    explicit transaction(soci::session& sql) : sql_(sql) { sql_ << "begin immediate"; }
    ~transaction()
    {
        if (done_) return;
        try {
            sql_ << "rollback";
        } catch (const std::exception&) { // the first failure is the one to tell
        }
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    void commit()
    {
        sql_ << "commit";
        done_ = true;
    }

private:
    soci::session& sql_;
    bool done_ = false;
};

} // namespace layerline::workshop
