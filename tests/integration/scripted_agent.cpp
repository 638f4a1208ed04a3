#include "scripted_agent.hpp"

#include "transport/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include <mutex>
#include <utility>

namespace layerline::tests {

namespace {

constexpr std::uint8_t data = 0, headers = 1, reset = 3, settings = 4, ping = 6, goaway = 7;
constexpr std::uint8_t ack = 1, end_stream = 1, end_headers = 4;
constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t frame_head = 9;
constexpr std::string_view no_table = "\x20"; // a dynamic table of 0 bytes from now on (RFC 7541 section 6.3)

std::string number(std::uint32_t value, int bytes)
{
    std::string text;
    for (int at = bytes - 1; at >= 0; --at)
        text += static_cast<char>(value >> (8 * at) & 0xffU);
    return text;
}

std::uint32_t number_at(const std::string& text, std::size_t at, int bytes)
{
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value = value << 8U | static_cast<unsigned char>(text.at(at + static_cast<std::size_t>(i)));
    return value;
}

std::string framed(const scripted_frame& frame, std::uint32_t stream)
{
    return number(static_cast<std::uint32_t>(frame.payload.size()), 3) + number(frame.type, 1) +
           number(frame.flags, 1) + number(stream, 4) + frame.payload;
}

} // namespace

scripted_frame scripted_head(const std::vector<std::pair<std::string, std::string>>& lines, bool last)
{
    scripted_frame frame{headers, static_cast<std::uint8_t>(end_headers | (last ? end_stream : 0)), {}};
    for (const auto& [name, value] : lines) // literal, not indexed, new name, no Huffman
        frame.payload += std::string(1, '\0') + static_cast<char>(name.size()) + name +
                         static_cast<char>(value.size()) + value;
    return frame;
}

scripted_frame scripted_data(std::string bytes, bool last)
{
    return {data, static_cast<std::uint8_t>(last ? end_stream : 0), std::move(bytes)};
}

scripted_frame scripted_reset(std::uint32_t code)
{
    return {reset, 0, number(code, 4)};
}

scripted_frame scripted_goaway(std::uint32_t last_stream, std::uint32_t code)
{
    return {goaway, 0, number(last_stream, 4) + number(code, 4)};
}

struct scripted_agent::desk final : access::agent_desk {
    std::mutex mutex;
    std::string shown;
    std::vector<scripted_answer> answers;
    std::size_t asked = 0;
    std::string in; // received and not yet a whole frame
    bool greeted = false;
    bool table_to_tell = false; // the relay asked for smaller tables; the next head must begin with that

    void show_code(const std::string& code, std::chrono::seconds) override
    {
        const std::lock_guard lock(mutex);
        shown = code;
    }
    void hide_code() override {}
    transport::task<transport::result<void>> keep_pin(access::relay_pin) override
    {
        co_return transport::result<void>();
    }

    // What to send for the bytes that came.
    std::string take(const std::string& bytes)
    {
        in += bytes;
        std::string out;
        if (!greeted) {
            if (in.size() < preface.size()) return out;
            in.erase(0, preface.size());
            greeted = true;
            out = framed({settings, 0, {}}, 0);
        }
        while (in.size() >= frame_head) {
            const auto size = number_at(in, 0, 3);
            if (in.size() < frame_head + size) break;
            const auto type = static_cast<std::uint8_t>(in[3]), flags = static_cast<std::uint8_t>(in[4]);
            const auto stream = number_at(in, 5, 4);
            const auto payload = in.substr(frame_head, size);
            in.erase(0, frame_head + size);
            if (type == settings && (flags & ack) == 0) table_to_tell = true;
            if ((type == settings || type == ping) && (flags & ack) == 0)
                out += framed({type, ack, type == ping ? payload : std::string()}, 0);
            if (type == headers)
                for (auto frame : answers.at(std::min(asked++, answers.size() - 1))) {
                    if (frame.type == headers && std::exchange(table_to_tell, false))
                        frame.payload.insert(0, no_table);
                    out += framed(frame, frame.type == goaway ? 0 : stream);
                }
        }
        return out;
    }

    static transport::task<void> live(std::shared_ptr<desk> self, std::string url,
                                      access::agent_handshake_options options)
    {
        transport::fields none;
        transport::client_options how;
        auto dialled = co_await transport::dial_websocket(std::move(url), std::move(none), std::move(how));
        if (!dialled) co_return;
        const auto stream = *dialled;
        auto session = co_await access::agent_handshake(stream, std::move(options), *self);
        while (session) {
            auto message = co_await stream->read_message(1024UL * 1024);
            if (!message) co_return;
            const auto out = self->take(*message);
            if (out.empty()) continue;
            auto sent = co_await stream->write_message(transport::net::buffer(out));
            if (!sent) co_return;
        }
    }
};

scripted_agent::scripted_agent(const std::string& relay_url, std::vector<scripted_answer> answers,
                               std::string version)
    : self_(*access::make_identity()), desk_(std::make_shared<desk>())
{
    desk_->answers = std::move(answers);
    access::agent_handshake_options options;
    options.self = self_;
    options.software_version = std::move(version);
    options.host = "127.0.0.1";
    options.binding = access::binding_mode::off;
    boost::asio::co_spawn(context_,
                          desk::live(desk_, "ws" + relay_url.substr(4) + "/tunnel/v1", std::move(options)),
                          boost::asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

scripted_agent::~scripted_agent()
{
    context_.stop();
    thread_.join();
}

std::string scripted_agent::code() const
{
    const std::lock_guard lock(desk_->mutex);
    return desk_->shown;
}

} // namespace layerline::tests
