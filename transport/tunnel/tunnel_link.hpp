// What both ends of a tunnel share: the coroutines that carry bytes between the message stream and the HTTP/2
// session, keep-alive, the tunnel's end, and the streams' bodies.
#pragma once

#include "transport/exchange.hpp"
#include "transport/message_stream.hpp"
#include "transport/tunnel/h2_session.hpp"
#include "transport/tunnel/keep_alive.hpp"
#include "transport/tunnel/message_size.hpp"
#include "transport/tunnel/wakeup.hpp"
#include "transport/tunnel/window_planner.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace layerline::transport {

// One stream as its coroutines see it. Shared: a reader may outlive the tunnel.
struct tunnel_stream {
    explicit tunnel_stream(h2_stream_id number) : id(number) {}

    const h2_stream_id id;
    wakeup changed;                    // bytes, room, the head, or the end
    std::optional<response_head> head; // client: the answer's head
    error_code broken;                 // why it ended, if not in good order
    bool closed = false;               // nothing more will come or go
    window_planner::flow flow;         // how fast its body is taken
    bool coroutine_over = false;       // what `cancel` would stop has done its work for the peer
    net::cancellation_signal cancel;   // server: the handler; client: the pump of the request's body
};

class tunnel_link : public std::enable_shared_from_this<tunnel_link> {
public:
    tunnel_link(h2_role role, std::shared_ptr<message_stream> stream, const tunnel_limits& limits);
    virtual ~tunnel_link();
    tunnel_link(const tunnel_link&) = delete;
    tunnel_link& operator=(const tunnel_link&) = delete;

    // The whole life of the tunnel; see tunnel_client::run().
    task<error_code> carry();
    // Ends the tunnel; the first reason stays.
    void end(error_code why);
    void drain();
    // Why there is no tunnel any more; clear while there is one.
    error_code ended() const { return why_; }

    // Reads from a stream's body; 0 at its end; errc::timed_out if nothing has come by then.
    task<result<std::size_t>> read(std::shared_ptr<tunnel_stream> stream, net::mutable_buffer into,
                                   clock::time_point by = clock::time_point::max());
    // What read() gives without waiting; none if it would wait.
    std::optional<result<std::size_t>> read_now(tunnel_stream& stream, net::mutable_buffer into);
    // Takes what there is room for out of `part`; whether that was all.
    bool write_now(tunnel_stream& stream, net::const_buffer& part);
    // Writes all of `part` to a stream's body.
    task<result<void>> write(std::shared_ptr<tunnel_stream> stream, net::const_buffer part);
    // Nobody needs the stream any more: what is open of it is reset, its coroutine cancelled.
    void drop(tunnel_stream& stream) noexcept;
    // Resets it with an HTTP/2 code; its coroutines see `why`.
    void reset(tunnel_stream& stream, std::uint32_t code, error_code why);

    // Lets the writer look for something to send.
    void send_soon() { writer_.notify(); }
    h2_session& session() { return session_; }
    const h2_session& session() const { return session_; }
    const tunnel_limits& limits() const { return limits_; }
    std::string peer() const { return stream_->peer(); }

    // Waits for the peer's SETTINGS: false if the tunnel or the time is over first.
    task<bool> settled(clock::time_point by);

protected:
    // A head came in. Called from the link's coroutines; must not wait.
    virtual void request_arrived(h2_event::request&& request) = 0;
    virtual void answer_arrived(tunnel_stream& stream, h2_event::answer&& answer) = 0;

    void add(std::shared_ptr<tunnel_stream> stream);
    // Runs `what` beside the tunnel; carry() waits for its end. A stream's `cancel` ends it.
    void start(const net::io_executor& executor, task<void> what, std::shared_ptr<tunnel_stream> bound);
    std::size_t running() const { return running_; }
    const net::io_executor& executor() const { return *executor_; } // once carry() runs

private:
    struct coroutine_end;
    static task<void> read_messages(std::shared_ptr<tunnel_link> self);
    static task<void> write_messages(std::shared_ptr<tunnel_link> self);
    static task<void> watch(std::shared_ptr<tunnel_link> self);
    bool dispatch();
    void send_ping();
    void widen(tunnel_stream& stream, std::size_t taken);
    void fail();
    void stream_closed(h2_stream_id id, error_code why);
    error_code reason(error_code otherwise) const;

    std::shared_ptr<message_stream> stream_;
    bool asks_; // the relay's end
    tunnel_limits limits_;
    h2_session session_;
    keep_alive keep_alive_;
    message_size message_size_;
    window_planner windows_;
    std::uint64_t ping_number_ = 0; // of the last one sent
    clock::time_point ping_sent_{};
    std::map<h2_stream_id, std::shared_ptr<tunnel_stream>> streams_;
    std::vector<h2_event::any> noted_;         // by the session, of a turn
    std::size_t handed_out_ = 0;               // of them
    std::optional<net::io_executor> executor_; // set by carry()
    wakeup writer_, watcher_, idle_, settled_;
    clock::time_point heard_{};
    error_code why_;
    std::size_t running_ = 0;
    bool heard_anything_ = false;
    bool connection_lost_ = false; // no use in saying goodbye
    bool writer_done_ = false;
};

// The body that comes in on a stream.
class tunnel_body : public body_source {
public:
    // With `owns_stream` the stream is dropped with the body: that is how a client gives up an answer.
    tunnel_body(std::shared_ptr<tunnel_link> link, std::shared_ptr<tunnel_stream> stream,
                std::optional<std::uint64_t> length, bool owns_stream)
        : link_(std::move(link)), stream_(std::move(stream)), left_(length), owns_stream_(owns_stream)
    {
    }
    ~tunnel_body() override;
    task<result<std::size_t>> read_some(net::mutable_buffer into) override;
    std::optional<std::uint64_t> remaining() const override { return left_; }
    bool at_end() const override;

private:
    std::shared_ptr<tunnel_link> link_;
    std::shared_ptr<tunnel_stream> stream_;
    std::optional<std::uint64_t> left_;
    bool owns_stream_, over_ = false;
};

// The value of a field that holds a whole number, such as content-length; none if it is not there or no such
// number.
std::optional<std::uint64_t> number_in(const fields& headers, std::string_view name);

} // namespace layerline::transport
