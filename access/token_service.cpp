// Tokens: made, kept in the store, answered from memory.
#include "access/token_service.hpp"
#include "access/base32.hpp"
#include "access/base64.hpp"
#include "access/crypto.hpp"
#include "access/printable.hpp"
#include "access/store.hpp"
#include "access/token_clock.hpp"
#include "access/token_memory.hpp"

#include <algorithm>
#include <atomic>

namespace layerline::access {

namespace {

using transport::result;
using transport::task;

constexpr std::size_t max_printers_of_token = 256;
constexpr std::chrono::hours max_lifetime{24 * 365 * 100};

bool allowed(const token_spec& spec)
{
    return is_printable_name(spec.name) && !spec.scopes.empty() &&
           spec.printers.size() <= max_printers_of_token &&
           std::ranges::all_of(spec.printers, [](const std::string& id) { return is_agent_id(id); }) &&
           (!spec.lifetime ||
            (*spec.lifetime > std::chrono::seconds::zero() && *spec.lifetime <= max_lifetime));
}

class memory_token_service final : public token_service {
public:
    memory_token_service(store& keeper, token_clock clock)
        : keeper_(keeper), clock_(std::move(clock)), started_(now())
    {
    }

    task<result<new_token>> create(token_spec spec) override
    {
        if (!allowed(spec)) co_return make_error_code(errc::invalid_spec);
        std::array<unsigned char, 32> secret{};
        std::array<unsigned char, 8> number{};
        if (!random_bytes(secret) || !random_bytes(number)) co_return make_error_code(errc::crypto_failed);
        new_token made;
        made.secret = "ll_" + to_base64url(secret);
        made.record.id = "t-" + to_base32(number).substr(0, 12);
        made.record.created_unix = clock_.wall_unix();
        if (spec.lifetime) made.record.expires_unix = made.record.created_unix + spec.lifetime->count();
        made.record.spec = std::move(spec);
        stored_token row;
        row.record = made.record;
        row.secret_hash = sha256(made.secret);
        const auto too_old = forgotten_before();
        (void)co_await keeper_.drop_tokens_dead_before(too_old); // makes room; what fails here fails below
        memory_.forget_dead_before(too_old, now());
        auto kept = co_await keeper_.insert_token(row);
        if (!kept) co_return kept.error();
        std::vector<stored_token> rows;
        rows.push_back(std::move(row));
        (void)memory_.merge(std::move(rows), now());
        co_return made;
    }

    task<result<std::vector<token_record>>> list() override
    {
        auto fresh = co_await refresh();
        if (!fresh) co_return fresh.error();
        co_return memory_.list();
    }

    task<result<bool>> revoke(std::string id) override
    {
        // Memory first: whatever becomes of the store, this process lets the token pass no more.
        bool known = memory_.kill(id, now());
        if (!known) {
            auto fresh = co_await refresh();
            if (!fresh) co_return result<bool>(boost::system::in_place_error, fresh.error());
            known = memory_.kill(id, now());
            if (!known) co_return false;
        }
        if (listener_) listener_(id);
        auto kept = co_await keeper_.revoke_token(id, clock_.wall_unix());
        if (!kept) co_return result<bool>(boost::system::in_place_error, kept.error());
        co_return true;
    }

    task<authentication> authenticate(std::string secret) override
    {
        if (!is_fresh()) {
            auto fresh = co_await refresh();
            if (!fresh) co_return authentication(credential_fault::store);
        }
        const auto at = now();
        auto found = memory_.look_up(secret, at);
        if (found.note_use) keeper_.touch_token(std::get<principal>(found.answer).id, at.wall);
        co_return std::move(found.answer);
    }

    task<standing> standing_of_secret(std::string secret) override
    {
        if (!is_fresh()) {
            auto fresh = co_await refresh();
            if (!fresh) co_return standing(credential_fault::store);
        }
        co_return memory_.standing_of_secret(secret, now());
    }

    task<standing> standing_of_id(std::string id) override
    {
        if (!is_fresh()) {
            auto fresh = co_await refresh();
            if (!fresh) co_return standing(credential_fault::store);
        }
        co_return memory_.standing_of_id(id, now());
    }

    void on_revoked(std::function<void(const std::string&)> listener) override
    {
        listener_ = std::move(listener);
    }

    task<result<bool>> any() override
    {
        auto fresh = co_await refresh();
        if (!fresh) co_return result<bool>(boost::system::in_place_error, fresh.error());
        co_return memory_.any_live(now());
    }

private:
    // By the wall clock as it was at the start: one that is stepped by years must not empty the store.
    std::int64_t forgotten_before() const
    {
        const auto since =
            std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - started_.steady);
        return started_.wall + since.count() - std::chrono::seconds(dead_tokens_kept).count();
    }
    token_memory::now now() const { return {clock_.wall_unix(), clock_.steady()}; }

    // Whether refresh() would find nothing to do: so it is with nearly every request.
    bool is_fresh() const
    {
        return !keeper_.rests() && loaded_.load() >= static_cast<std::int64_t>(keeper_.outside_changes());
    }

    // Reads the store at first, and again after another process changed it. At other times it does not wait.
    task<result<void>> refresh()
    {
        if (keeper_.rests()) (void)co_await keeper_.look_outside(); // the first question after a while
        const auto outside = static_cast<std::int64_t>(keeper_.outside_changes());
        if (loaded_.load() >= outside) co_return result<void>();
        if (loaded_.load() < 0) // a failure is left to the reading itself
            (void)co_await keeper_.drop_tokens_dead_before(forgotten_before());
        auto rows = co_await keeper_.load_tokens();
        if (!rows) co_return rows.error();
        const auto revoked = memory_.merge(std::move(*rows), now());
        for (const auto& id : revoked)
            if (listener_) listener_(id);
        auto before = loaded_.load();
        while (before < outside && !loaded_.compare_exchange_weak(before, outside)) {
        }
        co_return result<void>();
    }

    store& keeper_;
    token_clock clock_;
    token_memory::now started_;
    token_memory memory_;
    std::function<void(const std::string&)> listener_;
    std::atomic<std::int64_t> loaded_{-1}; // store::outside_changes() as of the last load
};

} // namespace

std::unique_ptr<token_service> make_token_service(store& keeper, token_clock clock)
{
    return std::make_unique<memory_token_service>(keeper, std::move(clock));
}

std::unique_ptr<token_service> make_token_service(store& keeper)
{
    token_clock real;
    real.wall_unix = [] {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::seconds>(since).count();
    };
    real.steady = [] { return transport::clock::now(); };
    return make_token_service(keeper, std::move(real));
}

} // namespace layerline::access
