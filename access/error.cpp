// The table of what can go wrong with keys, pairing and the store.
#include "access/error.hpp"

#include <array>
#include <string>

namespace layerline::access {

namespace {

constexpr std::array<error_row, 31> rows{{
    {errc::store_busy, "store_busy", "too many calls wait for the database", false, "try again in a moment"},
    {errc::store_locked, "store_locked", "another process holds the database", false,
     "end the program that has the state folder's database open"},
    {errc::store_full, "store_full", "there is no room left for the database", false,
     "make room on the disk of the state folder"},
    {errc::store_readonly, "store_readonly", "the database cannot be written", false,
     "give the state folder to the account that this program runs under; look for a read-only disk"},
    {errc::store_corrupt, "store_corrupt", "the database is damaged", true,
     "restore it from a backup, or move it away and pair again"},
    {errc::store_too_new, "store_too_new", "the database was made by a newer version", true,
     "install that version again"},
    {errc::store_failed, "store_failed", "the database failed", false, "look into the log and at the disk"},
    {errc::store_stopped, "store_stopped", "this program ends", false, "try again once it runs"},
    {errc::invalid_spec, "invalid_spec", "a name, scope, printer or lifetime is not allowed", true,
     "correct what was given"},
    {errc::too_many, "too_many", "the limit of tokens or printers is reached", true,
     "revoke or forget what is not used"},
    {errc::other_machine, "other_machine", "the key was made on another machine", true,
     "a copied card or backup: make a new key here and pair again"},
    {errc::no_machine_id, "no_machine_id", "this machine has no id", true,
     "run systemd-machine-id-setup, or name another file"},
    {errc::key_unreadable, "key_unreadable", "the key file cannot be read as a key", true,
     "give it to the account that this program runs under, or make a new key and pair again"},
    {errc::key_exposed, "key_exposed", "others can read the key file", true,
     "set its mode to 0600; make a new key if strangers may have read it"},
    {errc::key_unwritable, "key_unwritable", "the key could not be kept", false,
     "make room in the state folder and give it to the account that this program runs under"},
    {errc::crypto_failed, "crypto_failed", "OpenSSL refused", false, "look at the OpenSSL configuration"},
    {errc::malformed_message, "malformed_message", "the far end sent something else than the handshake",
     false, "check that the address is a relay's"},
    {errc::version_refused, "version_refused", "agent and relay have no protocol version in common", true,
     "bring both to the same release"},
    {errc::wrong_agent_id, "wrong_agent_id", "the agent id does not belong to the key", true,
     "make a new key and pair again"},
    {errc::wrong_signature, "wrong_signature", "the signature does not prove the key", true,
     "somebody may sit in between; check the relay's address and certificate"},
    {errc::wrong_host, "wrong_host", "the relay is not known by the name that was dialled", true,
     "use one of the relay's own names, or add this one to its configuration"},
    {errc::wrong_binding, "wrong_binding", "the two ends do not share one TLS connection", true,
     "a proxy or a stranger ends TLS in between; remove it, or switch channel binding off and pair again"},
    {errc::binding_unavailable, "binding_unavailable", "there is no TLS connection to bind to", true,
     "use wss://, or switch channel binding off in the agent's configuration"},
    {errc::binding_downgrade, "binding_downgrade", "less channel binding than agreed at pairing", true,
     "put the setting back, or pair again"},
    {errc::wrong_relay_key, "wrong_relay_key", "the relay has another key than at pairing", true,
     "a new or a false relay: if it is yours and was set up anew, unpair here and pair again"},
    {errc::key_refused, "key_refused", "the relay refuses this agent's key", true, "pair again"},
    {errc::quarantined, "quarantined", "two running copies share one key", false,
     "a cloned card or copied installation: run layerline-agent rekey on one of them and pair it; the other "
     "one "
     "gets in again within ten minutes"},
    {errc::too_many_waiting, "too_many_waiting", "too many agents wait to be claimed", false,
     "try again in some minutes"},
    {errc::refused, "refused", "the relay refused this agent", false, "see the relay's log"},
    {errc::not_claimed, "not_claimed", "nobody typed the pairing code in time", false,
     "type the code that the agent shows at the relay"},
    {errc::handshake_timeout, "handshake_timeout", "the far end did not answer in time", false,
     "check the connection and the relay's load"},
}};

constexpr bool in_order()
{
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].code) != i + 1) return false;
    return true;
}
static_assert(in_order() && rows.back().code == errc::handshake_timeout);

// The base keeps its destructor protected on purpose; this one object is never deleted.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "layerline.access"; }
    std::string message(int value) const override
    {
        if (value < 1 || static_cast<std::size_t>(value) > rows.size()) return "unknown";
        return std::string(rows[static_cast<std::size_t>(value) - 1].text);
    }
};
#pragma GCC diagnostic pop

} // namespace

std::span<const error_row> error_table()
{
    return rows;
}

const error_row& row_of(errc code)
{
    return rows.at(static_cast<std::size_t>(code) - 1);
}

const error_row* find_error(std::string_view name)
{
    for (const auto& row : rows)
        if (row.name == name) return &row;
    return nullptr;
}

const boost::system::error_category& error_category()
{
    static const category the_one;
    return the_one;
}

boost::system::error_code make_error_code(errc code)
{
    return {static_cast<int>(code), error_category()};
}

bool is_store_failure(const boost::system::error_code& code)
{
    return code.category() == error_category() && code.value() >= static_cast<int>(errc::store_busy) &&
           code.value() <= static_cast<int>(errc::store_stopped);
}

} // namespace layerline::access
