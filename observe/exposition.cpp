// The text format, and the figures of the process.
#include "observe/exposition.hpp"

#include "observe/single_figures.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <sys/resource.h>
#include <unistd.h>

namespace layerline::observe {

namespace {

std::optional<std::uint16_t> port_in(std::string_view text)
{
    std::uint16_t port = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
    return port;
}

// Keeps the server for as long as it runs.
transport::task<void> keep_running(std::shared_ptr<transport::http_server> server)
{
    co_await server->run();
}

} // namespace

std::optional<metrics_place> parse_metrics_place(std::string_view text)
{
    if (text == "off") return metrics_place{};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = port_in(text.substr(colon + 1));
    auto address = text.substr(0, colon);
    int family = AF_INET;
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
        family = AF_INET6;
    }
    std::array<unsigned char, 16> bytes{};
    metrics_place place{std::string(address), port.value_or(0)};
    if (!port || place.address.find('\0') != std::string::npos ||
        ::inet_pton(family, place.address.c_str(), bytes.data()) != 1)
        return std::nullopt;
    return place;
}

struct exposition::process_figures {
    explicit process_figures(prometheus::Registry& into)
        : memory(gauge(into, "process_resident_memory_bytes", "Resident memory.")),
          descriptors(gauge(into, "process_open_fds", "Open descriptors.")),
          most_descriptors(gauge(into, "process_max_fds", "Descriptors that may be open.")),
          seconds(gauge(into, "process_cpu_seconds_total", "Processor time, user and system."))
    {
    }

    void read()
    {
        std::ifstream pages("/proc/self/statm");
        double all = 0, resident = 0;
        if (pages >> all >> resident) memory.Set(resident * static_cast<double>(::sysconf(_SC_PAGESIZE)));
        std::error_code fault;
        double open = 0;
        for (std::filesystem::directory_iterator each("/proc/self/fd", fault), end; !fault && each != end;
             each.increment(fault))
            ++open;
        descriptors.Set(open - 1); // but for the one that lists them
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
            most_descriptors.Set(static_cast<double>(limit.rlim_cur));
        rusage used{};
        if (::getrusage(RUSAGE_SELF, &used) == 0) {
            const auto in_seconds = [](const timeval& time) {
                return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
            };
            seconds.Set(in_seconds(used.ru_utime) + in_seconds(used.ru_stime));
        }
    }

    prometheus::Gauge& memory;
    prometheus::Gauge& descriptors;
    prometheus::Gauge& most_descriptors;
    prometheus::Gauge& seconds;
};

exposition::exposition(std::shared_ptr<prometheus::Registry> registry, std::function<void()> refresh)
    : registry_(std::move(registry)), refresh_(std::move(refresh)),
      process_(std::make_unique<process_figures>(*registry_))
{
}

exposition::~exposition() = default;

transport::result<void> exposition::open(transport::net::io_context& context, const metrics_place& where)
{
    if (where.address.empty()) return {};
    transport::listen_options options;
    options.address = where.address;
    options.port = where.port;
    options.limits.max_connections = 8;
    auto made = transport::listen_http(context, options, *this);
    if (!made) return made.error();
    server_ = std::shared_ptr<transport::http_server>(std::move(*made));
    transport::net::co_spawn(context, keep_running(server_), transport::net::detached);
    return {};
}

void exposition::close()
{
    if (server_) server_->stop(std::chrono::milliseconds(0));
}

transport::task<void> exposition::serve(transport::exchange& call)
{
    const auto& asked = call.request();
    transport::response_head head;
    std::string body;
    if (asked.target.substr(0, asked.target.find('?')) != "/metrics") {
        head.status = 404;
    } else if (asked.method != "GET" && asked.method != "HEAD") {
        head.status = 405;
        head.headers.set("allow", "GET, HEAD");
    } else {
        refresh_();
        process_->read();
        head.headers.set("content-type", "text/plain; version=0.0.4; charset=utf-8");
        body = prometheus::TextSerializer().Serialize(registry_->Collect());
    }
    (void)co_await transport::respond_with(call, std::move(head), std::move(body));
}

} // namespace layerline::observe
