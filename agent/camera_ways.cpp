// One client for each numeric address of each of a camera's hosts.
#include "agent/camera_ways.hpp"

#include "agent/ui_addresses.hpp"
#include "transport/error.hpp"
#include "transport/http_client.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace layerline::agent {

namespace {

using transport::clock;
using transport::errc;
using transport::response;
using transport::result;
using transport::task;

constexpr std::chrono::seconds look_up{4};
constexpr std::chrono::seconds connect{4}; // to one address
constexpr std::chrono::seconds stall{10};  // of an answer; whoever reads it is less patient
constexpr std::size_t header_bytes = 16UL * 1024;

// One address of the list. Held by whoever asks.
class pinned_address {
public:
    pinned_address(transport::net::io_context& context, camera_address at, std::filesystem::path ca_file)
        : context_(context), at_(std::move(at)), ca_file_(std::move(ca_file))
    {
    }

    static task<result<response>> ask(std::shared_ptr<pinned_address> self)
    {
        co_await look_up_once(self);
        transport::error_code why = make_error_code(errc::unreachable);
        const auto ways = self->ways_;
        for (const auto& way : ways) {
            auto answer = co_await way->send(self->head(), nullptr);
            if (answer || answer.error() != errc::unreachable) co_return answer;
            why = answer.error();
        }
        co_return why;
    }

private:
    static task<void> look_up_once(std::shared_ptr<pinned_address> self)
    {
        if (!self->ways_.empty()) co_return;
        const auto found = co_await ui_addresses_of(self->at_.place.host, clock::now() + look_up);
        if (!self->ways_.empty()) co_return; // another was faster: one answer, for good
        for (const auto& address : found) {
            transport::client_options options;
            options.ca_file = self->ca_file_;
            options.allow_insecure = true; // the owner named it, and it is on this machine or its network
            options.connect_timeout = connect;
            options.body_stall = stall;
            options.max_header_bytes = header_bytes;
            const bool six = address.find(':') != std::string::npos;
            self->ways_.push_back(transport::make_http_client(self->context_,
                                                              (self->at_.place.tls ? "https://" : "http://") +
                                                                  (six ? "[" + address + "]" : address) +
                                                                  ":" + std::to_string(self->at_.place.port),
                                                              options));
        }
    }

    transport::request_head head() const
    {
        transport::request_head head;
        head.method = "GET";
        head.target = at_.target;
        head.headers.set("host", at_.place.host_field);
        head.headers.set("accept", "multipart/x-mixed-replace, image/*, */*;q=0.5");
        head.headers.set("accept-encoding", "identity");
        head.headers.set("user-agent", "layerline-agent");
        if (!at_.authorization.empty()) head.headers.set("authorization", at_.authorization);
        return head;
    }

    transport::net::io_context& context_;
    const camera_address at_;
    const std::filesystem::path ca_file_;
    std::vector<std::shared_ptr<transport::requester>> ways_; // fixed once it is not empty
};

class configured_camera final : public camera::camera_way {
public:
    configured_camera(transport::net::io_context& context, const camera_settings& settings)
    {
        if (settings.stream)
            stream_ = std::make_shared<pinned_address>(context, *settings.stream, settings.ca_file);
        if (settings.snapshot)
            snapshot_ = std::make_shared<pinned_address>(context, *settings.snapshot, settings.ca_file);
    }
    bool has_stream() const override { return stream_ != nullptr; }
    bool has_snapshot() const override { return snapshot_ != nullptr; }
    task<result<response>> ask_stream() override { return pinned_address::ask(stream_); }
    task<result<response>> ask_snapshot() override { return pinned_address::ask(snapshot_); }

private:
    std::shared_ptr<pinned_address> stream_, snapshot_;
};

} // namespace

std::shared_ptr<camera::camera_way> make_camera_way(transport::net::io_context& context,
                                                    const camera_settings& settings)
{
    return std::make_shared<configured_camera>(context, settings);
}

} // namespace layerline::agent
