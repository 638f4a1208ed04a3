// Arbitrary bytes to either role of the HTTP/2 session, cut anywhere, with a user that answers, reads and
// gives up as the input says.
#include "transport/tunnel/h2_session.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

using namespace layerline::transport;

namespace {

constexpr std::size_t cap = 5000;

tunnel_limits tight()
{
    tunnel_limits limits;
    limits.max_header_bytes = 2000;
    limits.max_streams = 8;
    limits.stream_window = 70'000;
    limits.connection_window = 200'000;
    return limits;
}

void use(h2_session& session, std::set<h2_stream_id>& known, unsigned char choice)
{
    for (auto& event : session.take_events()) {
        if (auto* request = std::get_if<h2_event::request>(&event)) {
            known.insert(request->stream);
            if (request->websocket && (choice & 32)) (void)session.accept_websocket(request->stream, {});
            if (choice & 1) (void)session.answer(request->stream, 200 + choice, request->headers, {});
        } else if (auto* closed = std::get_if<h2_event::closed>(&event)) {
            session.release(closed->stream);
            known.erase(closed->stream);
        }
    }
    std::string some(1 + 97 * (choice >> 4), 'x');
    for (const auto id : known) {
        if (choice & 2) session.write(id, some);
        if (choice & 4) session.read(id, some);
        if ((choice & 24) == 8) session.end_body(id);
        if (choice == 0x58) session.reset(id, choice);
    }
    if (choice == 0x77 && !known.empty()) {
        session.release(*known.begin());
        known.erase(known.begin());
    }
    if (choice == 0x47) session.ping(choice);
    if (choice == 0x67) session.go_away(0, "bye");
    std::string out;
    session.gather(out, cap);
    if (out.size() > cap) std::abort();
    const auto limits = tight();
    if (session.buffered() > (limits.stream_window + 64 * 1024) * 2 * limits.max_streams) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size < 2) return 0;
    const auto role = (data[0] & 1) ? h2_role::server : h2_role::client;
    h2_session session(role, tight());
    std::set<h2_stream_id> known;
    // Most inputs begin with a good greeting, so that what follows is looked at.
    constexpr std::string_view magic = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    constexpr std::string_view settings("\0\0\0\4\0\0\0\0\0", 9);
    if ((data[0] & 2) == 0 && role == h2_role::server) (void)session.receive(magic);
    if ((data[0] & 2) == 0) (void)session.receive(settings);
    for (int i = 0; role == h2_role::client && i < 3; ++i)
        if (const auto id = session.request("POST", "/", {{"a", "b"}}, h2_priority::bulk, i != 0))
            known.insert(*id);
    std::size_t at = 1;
    while (at < size) {
        const unsigned char choice = data[at++];
        const auto count = std::min<std::size_t>(choice, size - at);
        if (!session.receive({reinterpret_cast<const char*>(data) + at, count})) break;
        at += count;
        use(session, known, choice);
        if (session.finished()) break;
    }
    use(session, known, 7);
    for (const auto id : known)
        session.release(id);
    return 0;
}
