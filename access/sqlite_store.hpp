// The store over SQLite: each group of calls has a file of its own (store_tokens, store_printers,
// store_facts).
#pragma once

#include "access/store.hpp"
#include "access/store_thread.hpp"

namespace layerline::access {

class sqlite_store final : public store {
public:
    // A database that is not open yet comes with how to open it, and why it is not.
    sqlite_store(std::unique_ptr<database> data, const store_options& options,
                 std::optional<closed_database> closed = {})
        : thread_(std::move(data), options, std::move(closed))
    {
    }

    transport::task<transport::result<std::vector<stored_token>>> load_tokens() override;
    transport::task<transport::result<void>> insert_token(stored_token token) override;
    transport::task<transport::result<bool>> revoke_token(std::string id, std::int64_t at_unix) override;
    transport::task<transport::result<void>> drop_tokens_dead_before(std::int64_t unix_time) override;
    void touch_token(std::string id, std::int64_t used_unix) override;

    transport::task<transport::result<void>> claim_printer(printer_row row) override;
    transport::task<transport::result<std::optional<printer_row>>>
    find_printer(std::string agent_id) override;
    transport::task<transport::result<std::vector<printer_row>>> list_printers() override;
    transport::task<transport::result<bool>> rename_printer(std::string agent_id, std::string name) override;
    transport::task<transport::result<bool>> forget_printer(std::string agent_id) override;
    void touch_printer(std::string agent_id, std::int64_t seen_unix) override;
    transport::task<transport::result<void>> add_pairing_try(pairing_try attempt) override;
    transport::task<transport::result<std::vector<pairing_try>>>
    pairing_tries(std::int64_t since_unix) override;

    transport::task<transport::result<std::optional<std::string>>> fact(std::string key) override;
    transport::task<transport::result<void>> set_fact(std::string key, std::string value) override;
    transport::task<transport::result<void>> erase_fact(std::string key) override;
    std::uint64_t outside_changes() const override { return thread_.outside_changes(); }
    bool rests() const override { return thread_.rests(); }
    transport::task<transport::result<void>> look_outside() override;

private:
    store_thread thread_;
};

} // namespace layerline::access
