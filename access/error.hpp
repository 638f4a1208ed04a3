// What can go wrong with keys, pairing and the store, one table: code, stable name, text, whether trying
// again can help, advice.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <span>
#include <string_view>

namespace layerline::access {

enum class errc {
    // The store (the relay answers 600, the agent 750).
    store_busy = 1, // its queue is full
    store_locked,   // another process holds the database
    store_full,     // no room on the disk, or over a limit
    store_readonly, // the folder or the file cannot be written
    store_corrupt,  // not a database, or a damaged one
    store_too_new,  // made by a newer Layerline
    store_failed,   // any other failure of the database
    store_stopped,  // this program ends
    // Tokens and printers.
    invalid_spec, // a name, scope, printer or lifetime that cannot be
    too_many,     // over the number of tokens or printers that are kept
    // Identity.
    other_machine,  // the key was made on another machine: a cloned card or a restored backup
    no_machine_id,  // this machine has no id to bind the key to
    key_unreadable, // the key file is there but is no key of ours
    key_exposed,    // the key file can be read by others
    key_unwritable, // the key could not be kept
    crypto_failed,  // OpenSSL refused; no random numbers
    // Handshake.
    malformed_message,   // not the message that belongs here
    version_refused,     // no protocol version in common
    wrong_agent_id,      // the id does not belong to the key
    wrong_signature,     // the signature does not prove the key
    wrong_host,          // the name dialled is none of the relay's
    wrong_binding,       // the two ends of the TLS connection are not the same
    binding_unavailable, // binding is asked for and there is no TLS to bind to
    binding_downgrade,   // less binding than was fixed at pairing
    wrong_relay_key,     // another key than the one pinned at pairing
    key_refused,         // the relay knows this agent under another key, or bars it
    quarantined,         // two running copies of one key
    too_many_waiting,    // the relay holds enough agents that wait for a claim
    refused,             // the relay refused with a name that this version does not know
    not_claimed,         // no one typed the code in time
    handshake_timeout,   // the far end did not answer in time
};

struct error_row {
    errc code;
    std::string_view name; // stable: on the wire, in metrics and docs
    std::string_view text;
    bool permanent;
    std::string_view advice;
};

// Every row, in the order of the codes.
std::span<const error_row> error_table();
const error_row& row_of(errc code);
// The row of that stable name, or null.
const error_row* find_error(std::string_view name);
const boost::system::error_category& error_category();
boost::system::error_code make_error_code(errc code);
// Whether this is one of the store's failures (the relay's 600).
bool is_store_failure(const boost::system::error_code& code);

} // namespace layerline::access

template <>
struct boost::system::is_error_code_enum<layerline::access::errc> : std::true_type {
};
