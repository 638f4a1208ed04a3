// The table of what can go wrong on the way, and the category that speaks from it.
#include "transport/error.hpp"

#include <array>
#include <string>

namespace layerline::transport {

namespace {

constexpr std::array<error_row, 15> rows{{
    {errc::closed, "closed", "the far end closed the connection", false,
     "nothing to do; it is dialled again"},
    {errc::timed_out, "timed_out", "no answer came in time", false,
     "look at the network between the two ends, or allow more time"},
    {errc::too_large, "too_large", "a message is larger than its limit", true,
     "send less at once, or raise the limit at the end that refused it"},
    {errc::malformed, "malformed", "the far end sent bytes that are not the protocol", false,
     "check that the address is the right service and that no proxy rewrites it"},
    {errc::cancelled_by_peer, "cancelled_by_peer", "the far end gave up this exchange", false,
     "nothing to do; other exchanges go on"},
    {errc::unreachable, "unreachable", "no connection could be made", false,
     "check the name, the port, the firewall, and that the service runs"},
    // Not permanent: a board without a battery clock boots years off and trusts nothing until it is set.
    {errc::certificate_refused, "certificate_refused", "the server's certificate is not one that is trusted",
     false, "check the host name and the clock, or name the right CA file"},
    {errc::upgrade_refused, "upgrade_refused", "the server answered, but not with a WebSocket", false,
     "check the path, and that a proxy in between passes WebSockets on"},
    {errc::insecure_refused, "insecure_refused",
     "a connection without TLS is made to this host itself only, unless the configuration says otherwise",
     true, "use https:// or wss://, or allow insecure connections in the configuration"},
    {errc::credentials_refused, "credentials_refused", "the relay does not accept this key", true,
     "pair the printer again"},
    {errc::superseded, "superseded", "a newer connection of the same agent took over", true,
     "check that no second machine runs with a copy of this agent's key"},
    {errc::keep_alive_lost, "keep_alive_lost", "no sign of life came from the far end in time", false,
     "nothing to do; it is dialled again"},
    {errc::too_many_streams, "too_many_streams", "the far end takes no more exchanges at the moment", false,
     "try again when others have ended"},
    {errc::shutting_down, "shutting_down", "this program is ending", false, "try again once it is back"},
    {errc::refused_by_peer, "refused_by_peer",
     "the far end did not take this exchange, and carried nothing of it out", false, "try again"},
}};

// Row i holds code i + 1, so that looking one up is an index.
consteval bool codes_are_dense()
{
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].code) != i + 1 || rows[i].name.empty() || rows[i].text.empty())
            return false;
    return rows.size() == static_cast<std::size_t>(errc::refused_by_peer);
}
static_assert(codes_are_dense());

const error_row* row_of(int code)
{
    if (code < 1 || static_cast<std::size_t>(code) > rows.size()) return nullptr;
    return &rows[static_cast<std::size_t>(code) - 1];
}

// The base keeps its destructor protected on purpose; this one object is never deleted.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class transport_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "layerline.transport"; }
    std::string message(int code) const override
    {
        const auto* row = row_of(code);
        return row != nullptr ? std::string(row->text) : "unknown transport error " + std::to_string(code);
    }
};
#pragma GCC diagnostic pop

} // namespace

std::span<const error_row> error_table()
{
    return rows;
}

const boost::system::error_category& error_category()
{
    static const transport_category instance;
    return instance;
}

boost::system::error_code make_error_code(errc code)
{
    return {static_cast<int>(code), error_category()};
}

bool worth_retrying(const boost::system::error_code& code)
{
    if (code.category() != error_category()) return true;
    const auto* row = row_of(code.value());
    return row == nullptr || !row->permanent;
}

} // namespace layerline::transport
