// What can go wrong on the way, one table: code, stable name, text, whether trying again can help, advice.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <span>
#include <string_view>

namespace layerline::transport {

enum class errc {
    closed = 1,          // the far end closed in good order
    timed_out,           // the deadline passed
    too_large,           // a body, head or frame over its limit
    malformed,           // bytes that are not the protocol
    cancelled_by_peer,   // the far end reset this stream only
    unreachable,         // no connection could be made
    certificate_refused, // TLS: the certificate is not the one we trust
    upgrade_refused,     // the server answered, but not with a WebSocket
    insecure_refused,    // ws:// to something else than loopback without leave
    credentials_refused, // the relay refused this key
    superseded,          // a newer tunnel of the same agent took over
    keep_alive_lost,     // no sign of life in time
    too_many_streams,    // the peer takes no more streams now
    shutting_down,       // this program ends
    refused_by_peer,     // the far end did not take this stream: nothing of it was looked at
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
const boost::system::error_category& error_category();
boost::system::error_code make_error_code(errc code);
// Whether trying the same again can help: false for permanent rows; true for anything not in the table.
bool worth_retrying(const boost::system::error_code& code);

} // namespace layerline::transport

template <>
struct boost::system::is_error_code_enum<layerline::transport::errc> : std::true_type {
};
