#include "observe/noted_exchange.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <string_view>

namespace layerline::observe {

namespace {

// A request's body that is counted.
class counted_body final : public transport::body_source {
public:
    counted_body(std::shared_ptr<transport::body_source> inner, std::shared_ptr<std::uint64_t> count)
        : inner_(std::move(inner)), count_(std::move(count))
    {
    }
    transport::task<transport::result<std::size_t>> read_some(transport::net::mutable_buffer into) override
    {
        auto got = co_await inner_->read_some(into);
        if (got) *count_ += *got;
        co_return got;
    }
    std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }

private:
    std::shared_ptr<transport::body_source> inner_;
    std::shared_ptr<std::uint64_t> count_;
};

// The number behind {"Status": at the very beginning, where our own envelopes mostly have it; else 0.
unsigned leading_status(std::string_view text)
{
    constexpr std::string_view before = "{\"Status\":";
    if (!text.starts_with(before)) return 0;
    text.remove_prefix(before.size());
    unsigned status = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
    return read.ec == std::errc{} && status < 1000 ? status : 0;
}

} // namespace

unsigned noted_exchange::envelope_status() const
{
    if (told_ != 0) return told_;
    if (beginning_.empty() || beginning_.size() >= kept_bytes) return status_;
    const auto all = nlohmann::json::parse(beginning_, nullptr, false);
    if (!all.is_object()) return status_;
    const auto found = all.find("Status");
    if (found == all.end() || !found->is_number_unsigned() || *found >= 1000) return status_;
    return found->get<unsigned>();
}

std::shared_ptr<transport::body_source> noted_exchange::body()
{
    if (body_) return body_;
    body_ = inner_.body();
    if (body_ && body_->remaining() != std::optional<std::uint64_t>(0))
        body_ = std::make_shared<counted_body>(std::move(body_), bytes_in_);
    return body_;
}

transport::task<transport::result<void>> noted_exchange::respond(transport::response_head head)
{
    status_ = head.status;
    json_ = head.headers.find("content-type").value_or("").starts_with("application/json");
    return inner_.respond(std::move(head));
}

transport::task<transport::result<void>> noted_exchange::write(transport::net::const_buffer part)
{
    bytes_out_ += part.size();
    if (json_ && !looked_) {
        looked_ = true;
        const std::string_view text(static_cast<const char*>(part.data()), part.size());
        told_ = leading_status(text);
        if (told_ == 0 || keep_) beginning_ = text.substr(0, kept_bytes);
    }
    return inner_.write(part);
}

} // namespace layerline::observe
