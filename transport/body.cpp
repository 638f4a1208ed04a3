// Bodies that fit in memory: made from bytes, read to their end within a limit, sent as a whole answer.
#include "transport/error.hpp"
#include "transport/exchange.hpp"

#include <array>
#include <cstring>

namespace layerline::transport {

namespace {

class memory_body final : public body_source {
public:
    explicit memory_body(std::string bytes) : bytes_(std::move(bytes)) {}

    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        const std::size_t n = std::min(into.size(), bytes_.size() - at_);
        if (n > 0) std::memcpy(into.data(), bytes_.data() + at_, n);
        at_ += n;
        co_return n;
    }

    std::optional<std::uint64_t> remaining() const override { return bytes_.size() - at_; }
    bool at_end() const override { return at_ == bytes_.size(); }

private:
    std::string bytes_;
    std::size_t at_ = 0;
};

// These never have content (RFC 9110 section 6.4.1), so a length would be wrong there.
bool never_has_body(unsigned status)
{
    return status < 200 || status == 204 || status == 304;
}

} // namespace

std::shared_ptr<body_source> make_body(std::string bytes)
{
    return std::make_shared<memory_body>(std::move(bytes));
}

task<result<std::string>> read_all(body_source& body, std::size_t limit)
{
    std::string all;
    if (const auto told = body.remaining()) {
        if (*told > limit) co_return error_code(errc::too_large);
        all.reserve(static_cast<std::size_t>(*told));
    }
    std::array<char, 16UL * 1024> part; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    for (;;) {
        const auto got = co_await body.read_some(net::buffer(part));
        if (!got) co_return got.error();
        if (*got == 0) co_return all;
        if (*got > limit - all.size()) co_return error_code(errc::too_large);
        all.append(part.data(), *got);
    }
}

task<result<void>> respond_with(exchange& call, response_head head, std::string body)
{
    if (!never_has_body(head.status)) head.headers.set("content-length", std::to_string(body.size()));
    const bool has_body = !never_has_body(head.status) && !body.empty();
    const auto begun = co_await call.respond(std::move(head));
    if (!begun) co_return begun.error();
    if (has_body) {
        const auto sent = co_await call.write(net::buffer(body));
        if (!sent) co_return sent.error();
    }
    co_return co_await call.finish();
}

task<result<websocket_answer>> requester::open_websocket(request_head)
{
    co_return error_code(errc::upgrade_refused);
}

} // namespace layerline::transport
