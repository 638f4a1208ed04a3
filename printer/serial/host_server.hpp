// The print host's unix socket: at most 8 clients, known by their credentials, each fed the newest state at
// most 10 times a second. A slow client misses states, never holds anything up; one that does not read its
// answers is closed.
#pragma once

#include "printer/serial/host_messages.hpp"
#include "printer/serial/host_traffic.hpp"

#include <list>
#include <map>
#include <string>
#include <thread>

namespace layerline::printer::serial {

struct server_settings {
    std::string path;
    std::size_t most_clients = 8, most_pending = 16; // pending: unanswered calls of one client
    std::size_t most_output = 256UL * 1024;
    std::chrono::milliseconds between_states{100};
};

// Creates the socket, 0660. One that a live print host answers on is left alone (port_held); a dead one is
// replaced.
printer_result<owned_fd> listen_at(const std::string& path);
// Whether root, our own user or a member of group `group` is at the other end.
bool may_connect(int fd, unsigned group);

class host_server {
public:
    host_server(server_settings settings, owned_fd listener, host_traffic& traffic);
    // Sends what is already answered, then closes all and removes the socket.
    ~host_server();

private:
    struct client {
        std::uint64_t number;
        owned_fd fd;
        std::string in, out;
        std::uint64_t told = 0;
        bool told_any = false, closing = false;
        time_point next_state{};
        std::size_t pending = 0;
    };
    struct asked {
        std::uint64_t client = 0, id = 0;
        std::optional<std::string> key;
    };
    void run();
    void accept_one();
    void read_from(client& one);
    void take_line(client& one, std::string_view line);
    void write_to(client& one);
    void take_answers();
    void tell_states(time_point now);
    void tell_state(client& one, time_point now); // unless it knows the newest
    int patience(time_point now) const;
    void say(client& one, std::string text);

    const server_settings settings_;
    owned_fd listener_;
    host_traffic& traffic_;
    std::list<client> clients_;
    std::map<std::uint64_t, asked> asked_;
    std::uint64_t next_client_ = 1, next_ticket_ = 1;
    std::atomic<bool> ending_{false};
    wake_fd end_;
    std::thread thread_;
};

} // namespace layerline::printer::serial
