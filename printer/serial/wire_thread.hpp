// The thread that owns the port: protocol machine and host core in one poll loop. It waits for bytes, calls,
// lines and timers, never for a client or a disk, and reconnects by the port's name when it was gone.
//
// While a print is fed it allocates and frees nothing, takes no lock and writes no log: lines come from the
// reader by a list that both go through without meeting (line_queue.hpp), the state goes out by three places
// in turn (newest_value.hpp), log records by a fixed ring (log_ring.hpp), and machine and core use their
// memory again. What may allocate is rare: a port that opens or goes, calls and their answers, a job's start,
// pause, resume and end, waits for heat, questions to a person, the printer's card, a first heater or target,
// a text longer than any before it; each shows in the next three states, which then need room for it.
#pragma once

#include "printer/serial/baud_search.hpp"
#include "printer/serial/host_traffic.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

namespace layerline::printer::serial {

// An open port, non-blocking.
class wire_port {
public:
    virtual ~wire_port() = default;
    virtual int fd() const = 0;
    // A predecessor had it open, and nobody closed it since.
    virtual bool was_kept() const { return false; }
    // What the port's name stands for: its device, and usb_identity() of that.
    virtual std::string device() const { return {}; }
    virtual std::string usb() const { return {}; }
    virtual printer_result<void> set_baud(unsigned /*baud*/)
    {
        return printer_failure{printer_errc::unsupported, "this port has no baud rate"};
    }
    // How many bytes; 0: not now. A failure means that the port is gone.
    virtual printer_result<std::size_t> read(char* into, std::size_t most) = 0;
    virtual printer_result<std::size_t> write(std::string_view bytes) = 0;
    // Holds the board in reset, or lets it go; unsupported where the port has no such line.
    virtual printer_result<void> set_reset(bool /*held*/)
    {
        return printer_failure{printer_errc::unsupported, "this port has no line that resets a board"};
    }
};
// Opens it anew, where it is known to be; the failure says why not (port_gone, port_held, port_forbidden).
using port_opener = std::function<printer_result<std::unique_ptr<wire_port>>(const port_memory&)>;

inline constexpr unsigned default_baud = 115200;

struct wire_settings {
    machine_settings machine;
    unsigned baud = default_baud;            // 0: the rate is looked for
    std::chrono::milliseconds reopen{1000};  // between tries for a port that is away
    std::chrono::milliseconds rehello{5000}; // between hellos to a silent printer, on the same open port
    std::chrono::milliseconds news{100};     // between states told to the server
    std::chrono::milliseconds reset_pulse{250};
    std::chrono::milliseconds slow_store{3000}; // a page of progress that takes longer is a stall
};

// What the thread begins with, and what it leaves for a successor.
struct wire_origin {
    durable_state kept;
    left_print left = {};
    journal_writer* journal = nullptr; // must outlive the thread; none: no crash resume
    std::string no_journal = {};       // why there is none
};

class wire_thread {
public:
    // Starts at once. The traffic must outlive it.
    wire_thread(wire_settings settings, host_settings host, wire_origin origin, port_opener open,
                host_traffic& traffic);
    // Ends the thread without farewell if it still runs.
    ~wire_thread();
    // A job ends as failed, heaters go off; join() returns when that is done or its time is over.
    void stop();
    void join();

private:
    void run();
    void try_open(time_point now);
    void begin_hello(time_point now);
    void look_for_baud(time_point now);
    void close_port(printer_errc why, std::string text, time_point now);
    void take_letters(time_point now);
    void read_port(time_point now);
    void take_events(time_point now);
    void write_port(time_point now);
    void follow_journal(time_point now);
    void look_at_store(time_point now);
    void hand_out(time_point now);
    printer_result<void> begin_reset(time_point now);
    void publish(time_point now); // the state, if it differs from what was told
    void wait(time_point now);

    const wire_settings settings_;
    host_core core_;
    journal_writer* const journal_;
    const std::string no_journal_;
    std::uint64_t journal_epoch_ = 0;
    bool port_stored_ = false;
    int crash_trouble_ = -1; // what was told last
    const port_opener open_;
    host_traffic& traffic_;
    std::unique_ptr<wire_port> port_;
    std::unique_ptr<protocol_machine> machine_;
    std::optional<baud_search> search_; // where the rate is to be found
    bool searching_ = false;
    unsigned baud_ = 0;
    time_point next_open_{}, next_news_{};
    std::optional<time_point> next_hello_, reset_until_;
    printer_errc away_ = printer_errc::port_gone;
    std::string away_text_;
    std::uint64_t told_ = 0;
    phase told_phase_ = phase::offline;
    bool news_now_ = true, letters_due_ = true;
    std::atomic<bool> stopping_{false}, aborting_{false};
    wake_fd stop_;
    std::thread thread_; // last: it uses all above
};

} // namespace layerline::printer::serial
