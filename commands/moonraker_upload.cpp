// The form's frame and content as one body; what Moonraker says of it judged.
#include "commands/moonraker_upload.hpp"

#include "access/crypto.hpp"
#include "access/hex.hpp"
#include "commands/running_digest.hpp"
#include "transport/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace layerline::commands {

using printer::printer_errc;
using printer::printer_failure;
using printer::printer_result;
using transport::body_source;
using transport::clock;
using transport::errc;
using transport::task;
namespace net = transport::net;

namespace {

constexpr auto as_tuple = net::as_tuple(net::use_awaitable);

// The file's bytes in the frame of an upload.
class upload_form final : public body_source {
public:
    upload_form(upload_frame frame, std::shared_ptr<body_source> content)
        : frame_(std::move(frame)), content_(std::move(content))
    {
    }

    task<transport::result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        for (;;) {
            const auto& text = part_ == 0 ? frame_.before() : after_;
            if (part_ != 1 && at_ < text.size()) {
                const auto n = std::min(into.size(), text.size() - at_);
                std::memcpy(into.data(), text.data() + at_, n);
                at_ += n;
                if (part_ == 2 && at_ == text.size()) ended_ = clock::now();
                co_return n;
            }
            if (part_ == 2) co_return std::size_t{0};
            if (part_ == 0) {
                part_ = 1;
                at_ = 0;
            }
            const auto got = co_await content_->read_some(into);
            if (!got) {
                broke_ = got.error();
                co_return got;
            }
            if (*got > 0) {
                digest_.take(into.data(), *got);
                bytes_ += *got;
                co_return got;
            }
            const auto hex = digest_.hex();
            if (!hex) {
                broke_ = make_error_code(errc::malformed);
                co_return broke_;
            }
            after_ = frame_.after(*hex);
            part_ = 2;
        }
    }

    std::optional<std::uint64_t> remaining() const override
    {
        if (part_ == 2) return after_.size() - at_;
        const auto rest = content_->remaining();
        if (!rest) return std::nullopt;
        return *rest + (part_ == 0 ? frame_.before().size() - at_ : 0) + frame_.after_bytes();
    }

    std::uint64_t bytes() const { return bytes_; } // of the file, so far
    const transport::error_code& broke() const { return broke_; }
    // When its last byte was handed out.
    std::optional<clock::time_point> ended() const { return ended_; }

private:
    upload_frame frame_;
    std::shared_ptr<body_source> content_;
    running_digest digest_;
    std::string after_;
    int part_ = 0; // before, content, after
    std::size_t at_ = 0;
    std::uint64_t bytes_ = 0;
    transport::error_code broke_;
    std::optional<clock::time_point> ended_;
};

// Ends when the last byte went out `keep_within` ago.
task<void> too_long_without_answer(std::shared_ptr<upload_form> form, std::chrono::seconds keep_within)
{
    net::steady_timer timer(co_await net::this_coro::executor);
    for (;;) {
        const auto from = form->ended();
        if (from && clock::now() - *from >= keep_within) co_return;
        timer.expires_at(from.value_or(clock::now()) + keep_within);
        co_await timer.async_wait(as_tuple);
        const auto cancel = co_await net::this_coro::cancellation_state;
        if (cancel.cancelled() != net::cancellation_type::none) co_return;
    }
}

} // namespace

task<printer_result<file_node>> upload_to_moonraker(moonraker_far& far, virtual_path path,
                                                    std::shared_ptr<body_source> content)
{
    using namespace net::experimental::awaitable_operators; // NOLINT(google-build-using-namespace)
    // Moonraker would trim it.
    if (path.segments.back().front() == ' ' || path.segments.back().back() == ' ')
        co_return printer_failure{printer_errc::out_of_range,
                                  "A file's name can neither begin nor end with a space here."};
    if (content->remaining().value_or(0) > far.options().max_file_bytes) co_return far.over();
    std::array<unsigned char, 16> random{};
    if (!access::random_bytes(random))
        co_return printer_failure{printer_errc::host_failure, "There are no random numbers."};
    upload_frame frame(path, access::to_hex(random));
    auto head = far.head_for("POST", "/server/files/upload");
    head.deadline.reset(); // a slow way takes what it takes
    head.headers.set("content-type", frame.content_type());
    const auto form = std::make_shared<upload_form>(std::move(frame), std::move(content));
    std::shared_ptr<body_source> body = form;
    auto sending = far.client().send(std::move(head), std::move(body));
    auto waiting = too_long_without_answer(form, far.options().keep_within);
    auto outcome = co_await (std::move(sending) || std::move(waiting));
    if (outcome.index() == 1)
        co_return printer_failure{printer_errc::no_answer,
                                  "Moonraker has not said in time whether it kept the file; look at the "
                                  "list of files."};
    auto& answer = std::get<0>(outcome);
    if (form->broke())
        co_return printer_failure{printer_errc::host_failure,
                                  "The upload broke off: " + form->broke().message() + "."};
    if (!answer) co_return far.away(answer.error());
    auto text = co_await transport::read_all(*answer->body, longest_moonraker_refusal);
    if (!text) co_return far.away(text.error());
    if (answer->head.status != 200 && answer->head.status != 201)
        co_return failure_of_moonraker(answer->head.status, *text);
    const auto stored = parse_moonraker_stored(*text);
    if (!stored) co_return moonraker_not_understood();
    if (stored->below_root != path.below_root() || stored->size_bytes != form->bytes())
        co_return printer_failure{printer_errc::refused,
                                  "Moonraker kept the file under another name or with another size."};
    file_node node;
    node.virtual_path = path.text();
    node.name = path.segments.back();
    node.size_bytes = stored->size_bytes;
    node.modified_unix = stored->modified_unix;
    co_return node;
}

} // namespace layerline::commands
