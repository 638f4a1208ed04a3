// Bodies in memory, and reading any body within a limit.
#include "transport/error.hpp"
#include "transport/exchange.hpp"

#include "tests/fakes/run_task.hpp"

using namespace layerline::transport;
using layerline::fakes::run;

namespace {

// Gives its parts one at a time and then ends, or breaks off.
class scripted_body final : public body_source {
public:
    explicit scripted_body(std::vector<std::string> parts, error_code end = {})
        : parts_(std::move(parts)), end_(end)
    {
    }
    task<result<std::size_t>> read_some(net::mutable_buffer into) override
    {
        if (at_ == parts_.size()) {
            if (end_) co_return end_;
            co_return std::size_t{0};
        }
        co_return net::buffer_copy(into, net::buffer(parts_[at_++]));
    }
    std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

private:
    std::vector<std::string> parts_;
    error_code end_;
    std::size_t at_ = 0;
};

// Keeps what was sent.
class recorded_exchange final : public exchange {
public:
    const request_head& request() const override { return request_; }
    std::shared_ptr<body_source> body() override { return make_body({}); }
    task<result<void>> respond(response_head head) override
    {
        head_ = std::move(head);
        co_return result<void>{};
    }
    task<result<void>> write(net::const_buffer part) override
    {
        sent_.append(static_cast<const char*>(part.data()), part.size());
        co_return result<void>{};
    }
    bool wants_websocket() const override { return false; }
    task<result<std::shared_ptr<message_stream>>> accept_websocket(fields) override
    {
        co_return error_code(errc::malformed);
    }
    task<result<void>> finish() override
    {
        ++finished_;
        co_return result<void>{};
    }

    request_head request_;
    response_head head_;
    std::string sent_;
    int finished_ = 0;
};

} // namespace

TEST_CASE("a body of bytes tells its length and gives its bytes in order")
{
    net::io_context context;
    const auto body = make_body("hello world");
    CHECK(body->remaining() == 11u);
    char part[6];
    CHECK(run(context, body->read_some(net::buffer(part))).value() == 6);
    CHECK(std::string_view(part, 6) == "hello ");
    CHECK(body->remaining() == 5u);
    CHECK(run(context, body->read_some(net::buffer(part))).value() == 5);
    CHECK(run(context, body->read_some(net::buffer(part))).value() == 0);
}

TEST_CASE("a body exactly at the limit is read, one byte more is too large")
{
    net::io_context context;
    scripted_body at({"abc", "defg"});
    CHECK(run(context, read_all(at, 7)).value() == "abcdefg");
    scripted_body over({"abc", "defg"});
    CHECK(run(context, read_all(over, 6)).error() == errc::too_large);
    const auto told = make_body("abcdefg");
    CHECK(run(context, read_all(*told, 6)).error() == errc::too_large);
    CHECK(told->remaining() == 7u); // refused by its length, before a byte was read
}

TEST_CASE("a body that breaks off is an error, not a short body")
{
    net::io_context context;
    scripted_body broken({"abc"}, make_error_code(errc::closed));
    CHECK(run(context, read_all(broken, 100)).error() == errc::closed);
}

TEST_CASE("a whole answer carries its length and is finished once")
{
    net::io_context context;
    recorded_exchange call;
    response_head head;
    head.status = 601;
    REQUIRE(run(context, respond_with(call, head, "gone")));
    CHECK(call.head_.status == 601);
    CHECK(call.head_.headers.find("content-length") == "4");
    CHECK(call.head_.headers.size() == 1);
    CHECK(call.sent_ == "gone");
    CHECK(call.finished_ == 1);
}

TEST_CASE("an answer that never has a body gets neither length nor body")
{
    net::io_context context;
    recorded_exchange call;
    response_head head;
    head.status = 204;
    REQUIRE(run(context, respond_with(call, head, "ignored")));
    CHECK_FALSE(call.head_.headers.find("content-length"));
    CHECK(call.sent_.empty());
    CHECK(call.finished_ == 1);
}
