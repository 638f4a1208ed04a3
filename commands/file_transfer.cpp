// files/upload and files/download: bodies streamed, never held whole.
#include "commands/byte_range.hpp"
#include "commands/command_groups.hpp"
#include "commands/virtual_path.hpp"
#include "transport/error.hpp"

#include <array>
#include <cstring>
#include <vector>

namespace layerline::commands {

using nlohmann::json;
namespace net = transport::net;

namespace {

constexpr std::size_t part_bytes = std::size_t{64} * 1024;

// The upload's body: what was read of it already, then the rest; ends with too_large past the limit. It keeps
// why it ended, since a file store only tells that its write failed.
class upload_body final : public transport::body_source {
public:
    upload_body(std::shared_ptr<transport::body_source> rest, std::string first, std::uint64_t limit)
        : rest_(std::move(rest)), first_(std::move(first)), limit_(limit), given_(first_.size())
    {
    }

    transport::task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (at_ < first_.size()) {
            const auto n = std::min(into.size(), first_.size() - at_);
            std::memcpy(into.data(), first_.data() + at_, n);
            at_ += n;
            co_return n;
        }
        const auto got = co_await rest_->read_some(into);
        if (!got) {
            broke_ = got.error();
            co_return got;
        }
        given_ += *got;
        if (given_ > limit_) {
            broke_ = transport::errc::too_large;
            co_return broke_;
        }
        co_return got;
    }

    std::optional<std::uint64_t> remaining() const override
    {
        const auto rest = rest_->remaining();
        if (!rest) return std::nullopt;
        return *rest + (first_.size() - at_);
    }

    const transport::error_code& broke() const { return broke_; }

private:
    std::shared_ptr<transport::body_source> rest_;
    std::string first_;
    std::size_t at_ = 0;
    std::uint64_t limit_, given_;
    transport::error_code broke_;
};

failure over_limit(std::uint64_t limit)
{
    return fail(413, "The file is larger than " + std::to_string(limit) + " bytes.");
}

failure failure_of_body(const transport::error_code& broke, std::uint64_t limit)
{
    if (broke == transport::errc::too_large) return over_limit(limit);
    return fail(400, "The upload broke off before its end (" + broke.message() + "); nothing was kept.");
}

// For Content-Disposition: the name in the form of RFC 8187, safe whatever it holds.
std::string percent_encoded(std::string_view name)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
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

// Made outside the coroutine: g++ 12 does not reliably keep braced lists in its frame.
json stored(const file_node& node)
{
    return {{"VirtualPath", node.virtual_path},
            {"PlatformPath", node.virtual_path.substr(node.virtual_path.find('/') + 1)},
            {"SizeBytes", node.size_bytes}};
}

// Sends `length` bytes of the file. A file that ends early leaves the answer unfinished, which aborts it.
transport::task<bool> pump(transport::exchange& call, transport::body_source& from, std::uint64_t length)
{
    std::vector<char> part(static_cast<std::size_t>(std::min<std::uint64_t>(length, part_bytes)));
    while (length > 0) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(length, part.size()));
        const auto got = co_await from.read_some(net::buffer(part.data(), want));
        if (!got || *got == 0) co_return false;
        const auto sent = co_await call.write(net::buffer(part.data(), *got));
        if (!sent) co_return false;
        length -= *got;
    }
    co_return true;
}

} // namespace

transport::task<command_answer> run_upload(command_context& at, const arguments& given)
{
    const auto path = good_path(given, "Path");
    if (!path) co_return command_answer(path.error());
    if (!has_gcode_name(*path))
        co_return command_answer(fail(400, "Path must name a .gcode, .gco or .g file."));
    if (is_in_use(at.printer.state(), *path))
        co_return command_answer(fail(409, "A file of that name is being printed; it is kept as it is."));
    const auto limit = at.files.max_file_bytes();
    const auto body = at.call.body();
    if (body->remaining().value_or(0) > limit) co_return command_answer(over_limit(limit));

    // The first part is read before the store is asked, so that an empty body never makes a file.
    std::string first(part_bytes, '\0');
    const auto got = co_await body->read_some(net::buffer(first));
    if (!got) co_return command_answer(failure_of_body(got.error(), limit));
    if (*got == 0) co_return command_answer(fail(400, "The body is empty: there is nothing to upload."));
    if (*got > limit) co_return command_answer(over_limit(limit));
    first.resize(*got);

    const auto content = std::make_shared<upload_body>(body, std::move(first), limit);
    const auto written = co_await at.files.write(*path, content);
    if (!written && content->broke()) co_return command_answer(failure_of_body(content->broke(), limit));
    if (!written) co_return command_answer(fail(written.error()));
    co_return command_answer(stored(*written));
}

transport::task<void> run_download(command_context& at, const arguments& given)
{
    const auto path = good_path(given, "Path");
    if (!path) {
        co_await send_raw_failure(at, path.error());
        co_return;
    }
    auto opened = co_await at.files.read(*path);
    if (!opened) {
        co_await send_raw_failure(at, fail(opened.error()));
        co_return;
    }
    // A condition on a version that we do not tell (If-Range) can only mean the whole file.
    byte_range part{0, opened->size_bytes};
    bool partial = false;
    const auto& headers = at.call.request().headers;
    if (const auto wanted = headers.find("range"); wanted && !headers.find("if-range")) {
        const auto range = parse_range(*wanted, opened->size_bytes);
        if (std::holds_alternative<no_such_range>(range)) {
            transport::fields more;
            more.set("content-range", "bytes */" + std::to_string(opened->size_bytes));
            co_await send_raw_failure(at, fail(416, ""), std::move(more));
            co_return;
        }
        if (const auto* one = std::get_if<byte_range>(&range)) {
            part = *one;
            partial = true;
            const auto size = opened->size_bytes;
            opened = co_await at.files.read(*path, part.first);
            // Replaced by another file between the two looks.
            if (!opened || opened->size_bytes != size) {
                co_await send_raw_failure(at, opened
                                                  ? fail(416, "The file has just been replaced by another.")
                                                  : fail(opened.error()));
                co_return;
            }
        }
    }

    transport::response_head head;
    head.status = partial ? 206 : 200;
    head.headers.set("content-type", "application/octet-stream");
    head.headers.set("content-length", std::to_string(part.length));
    head.headers.set("content-disposition", "attachment; filename*=UTF-8''" + percent_encoded(opened->name));
    head.headers.set("x-content-type-options", "nosniff");
    head.headers.set("accept-ranges", "bytes");
    head.headers.set("x-request-id", at.request_id);
    if (partial)
        head.headers.set("content-range", "bytes " + std::to_string(part.first) + "-" +
                                              std::to_string(part.first + part.length - 1) + "/" +
                                              std::to_string(opened->size_bytes));
    if (const auto begun = co_await at.call.respond(std::move(head)); !begun) co_return;
    if (at.call.request().method != "HEAD") {
        const bool whole = co_await pump(at.call, *opened->content, part.length);
        if (!whole) co_return;
    }
    (void)co_await at.call.finish();
}

} // namespace layerline::commands
