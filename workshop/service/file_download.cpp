#include "workshop/service/file_download.hpp"

#include "commands/byte_range.hpp"
#include "commands/descriptor.hpp"
#include "commands/disk_body.hpp"
#include "workshop/operations/parameters.hpp"

#include <boost/asio/buffer.hpp>

#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace layerline::workshop {

namespace net = transport::net;
using transport::task;

namespace {

// For Content-Disposition: safe whatever the name holds.
std::string disposition(const std::string& name)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all = "attachment; filename*=UTF-8''";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_';
        if (plain) {
            all += c;
        } else {
            all += '%';
            all += digits[byte >> 4U];
            all += digits[byte & 0xFU];
        }
    }
    return all;
}

} // namespace

task<model_answer> send_file(transport::exchange& call, std::shared_ptr<commands::disk_threads> disk,
                             std::filesystem::path file, std::string name, std::string type, bool& sent)
{
    const auto open =
        std::make_shared<const commands::descriptor>(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat about {};
    if (!*open || ::fstat(open->get(), &about) != 0)
        co_return refusal(
            {model_errc::server_error, "The file is recorded, but not in the workshop's folder."});
    const auto bytes = static_cast<std::uint64_t>(about.st_size);
    const auto wanted = commands::parse_range(call.request().headers.find("range").value_or(""), bytes);
    if (std::holds_alternative<commands::no_such_range>(wanted)) {
        auto answer = refusal(invalid_parameter("range"), 416);
        answer.head.headers.set("content-range", "bytes */" + std::to_string(bytes));
        co_return answer;
    }
    const auto* const range = std::get_if<commands::byte_range>(&wanted);
    const auto first = range != nullptr ? range->first : 0;
    const auto length = range != nullptr ? range->length : bytes;
    transport::response_head head;
    if (range != nullptr) {
        head.status = 206;
        head.headers.set("content-range", "bytes " + std::to_string(first) + "-" +
                                              std::to_string(first + length - 1) + "/" +
                                              std::to_string(bytes));
    }
    head.headers.set("content-type", std::move(type));
    head.headers.set("content-length", std::to_string(length));
    head.headers.set("accept-ranges", "bytes");
    head.headers.set("content-disposition", disposition(name));
    head.headers.set("x-content-type-options", "nosniff");
    sent = true;
    const auto begun = co_await call.respond(std::move(head));
    if (!begun) co_return model_answer();
    if (call.request().method != "HEAD") {
        const auto from = commands::make_disk_body(disk, open, first, first + length);
        std::vector<char> part(64UL * 1024);
        for (auto left = length; left > 0;) {
            const auto got = co_await from->read_some(net::buffer(part));
            // Not finished: the caller sees that it broke off.
            if (!got || *got == 0) co_return model_answer();
            const auto written = co_await call.write(net::buffer(part.data(), *got));
            if (!written) co_return model_answer();
            left -= *got;
        }
    }
    (void)co_await call.finish();
    co_return model_answer();
}

} // namespace layerline::workshop
