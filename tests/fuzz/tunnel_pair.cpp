// Our own two ends against each other, driven by a script: whatever their users do, neither may ever complain
// of the other, lose a byte or hold more than its bound.
#include "transport/tunnel/h2_session.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

using namespace layerline::transport;

namespace {

struct body_count {
    std::size_t written = 0, read = 0;
    bool ended = false, over = false, given_up = false;
};

struct script {
    tunnel_limits limits = [] {
        tunnel_limits few;
        few.max_streams = 6;
        few.stream_window = 66'000;
        return few;
    }();
    h2_session client{h2_role::client, limits}, server{h2_role::server, limits};
    std::map<h2_stream_id, body_count> up, down; // requests' and answers' bodies
    std::set<h2_stream_id> asked, accepted;      // WebSockets
    std::size_t widest = limits.stream_window, send_room = std::size_t{64} * 1024;

    void carry(h2_session& from, h2_session& to, std::size_t cap)
    {
        std::string bytes;
        from.gather(bytes, cap);
        if (bytes.size() > cap) std::abort();
        while (!bytes.empty()) { // chopped in three
            const auto part = bytes.size() / 3 + 1;
            if (!to.receive(std::string_view(bytes).substr(0, part))) std::abort();
            bytes.erase(0, part);
        }
        if (from.own_complaint().value_or(0) != 0 || to.own_complaint().value_or(0) != 0) std::abort();
        look(client, up, down);
        look(server, down, up);
    }
    void look(h2_session& session, std::map<h2_stream_id, body_count>& out,
              std::map<h2_stream_id, body_count>& in)
    {
        for (auto& event : session.take_events()) {
            if (auto* request = std::get_if<h2_event::request>(&event)) {
                if (request->refuse) std::abort();
                if (request->websocket != asked.contains(request->stream)) std::abort();
                down[request->stream];
            } else if (auto* closed = std::get_if<h2_event::closed>(&event)) {
                // Only a stream that somebody gave up ends badly.
                auto& one = out[closed->stream];
                auto& other = in[closed->stream];
                if (closed->why && !one.given_up && !other.given_up) std::abort();
            }
        }
    }
    static void read(h2_session& session, h2_stream_id id, body_count& body, std::size_t most)
    {
        std::string into(most, '\0');
        body.read += session.read(id, into);
        if (body.read > body.written) std::abort();
        if (session.body_is_over(id)) {
            if (!body.ended || (!body.given_up && body.read != body.written)) std::abort();
            body.over = true;
        }
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    script s;
    for (std::size_t at = 0; at + 1 < size; at += 2) {
        const auto what = data[at] % 14;
        const std::size_t amount = data[at + 1];
        const auto pick = [&](auto& from) { return std::next(from.begin(), amount % from.size()); };
        if (what == 0) {
            const auto priority = static_cast<h2_priority>(amount % h2_priorities);
            const auto id = s.client.request("POST", "/", {{"n", std::string(amount, 'n')}}, priority, true);
            if (id) s.up[*id];
        } else if (what == 1) {
            s.carry(s.client, s.server, 1 + amount * 100);
        } else if (what == 2) {
            s.carry(s.server, s.client, 1 + amount * 100);
        } else if (what == 3 && !s.up.empty()) {
            const auto& [id, body] = *pick(s.up);
            if (!body.ended) s.up[id].written += s.client.write(id, std::string(amount * 300, 'u'));
        } else if (what == 4 && !s.down.empty()) {
            const auto [id, body] = *pick(s.down);
            (void)s.server.answer(id, 200, {}, {});
            if (!body.ended) s.down[id].written += s.server.write(id, std::string(amount * 300, 'd'));
        } else if (what == 5 && !s.down.empty()) {
            const auto id = pick(s.down)->first;
            if (s.up.contains(id)) s.read(s.server, id, s.up[id], amount * 200);
            s.read(s.client, id, s.down[id], amount * 200);
        } else if (what == 6 && !s.up.empty()) {
            const auto id = pick(s.up)->first;
            s.client.end_body(id);
            s.up[id].ended = true;
        } else if (what == 7 && !s.down.empty()) {
            const auto id = pick(s.down)->first;
            if (s.server.answer(id, 200, {}, {})) s.down[id].written += 0;
            s.server.end_body(id);
            s.down[id].ended = true;
            // The rest of a request is not wanted any more; a WebSocket's ways end each for itself.
            if (!s.accepted.contains(id)) s.up[id].given_up = true;
        } else if (what == 8 && !s.up.empty()) {
            const auto id = pick(s.up)->first;
            auto& side = (amount & 1) ? s.client : s.server;
            if (!(amount & 1) && !s.down.contains(id)) continue;
            side.release(id);
            s.up[id].given_up = s.down[id].given_up = true;
            s.up[id].ended = s.down[id].ended = true;
        } else if (what == 9) {
            const auto id = s.client.open_websocket("/ws", {{"n", std::string(amount, 'n')}}, {});
            if (id) {
                s.up[*id];
                s.asked.insert(*id);
            }
        } else if (what == 10 && !s.asked.empty()) {
            const auto id = *pick(s.asked);
            if (s.down.contains(id) && s.server.accept_websocket(id, {})) s.accepted.insert(id);
        } else if (what == 11 && !s.up.empty()) {
            const auto id = pick(s.up)->first;
            const auto window = s.limits.stream_window + static_cast<std::uint32_t>(amount) * 1000;
            auto& side = (amount & 1) ? s.client : s.server;
            side.set_window(id, window);
            s.widest = std::max<std::size_t>(s.widest, window);
        } else if (what == 12 && !s.up.empty()) {
            const auto id = pick(s.up)->first;
            const std::string few(amount, 'w');
            if (!s.up[id].ended && s.client.write_whole(id, few)) s.up[id].written += few.size();
        } else if (what == 13) {
            s.client.set_send_room(amount * 1024);
            s.server.set_send_room(amount * 1024);
            s.send_room = std::max(s.send_room, amount * 1024);
        }
        const auto bound = s.limits.max_streams * (s.widest + s.send_room + 256);
        // Streams that are over but not read yet are the user's to release.
        if (s.client.buffered() > bound + s.up.size() * s.widest) std::abort();
    }
    return 0;
}
