// Both ends of the handshake as coroutines, back to back: pairing, claims from another thread, silence,
// endings.
#include "access/handshake_machine.hpp"
#include "stream_pair.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include <thread>

using namespace layerline::access;
using namespace std::chrono_literals;
namespace transport = layerline::transport;

namespace {

struct fake_desk final : agent_desk {
    std::vector<std::string> shown;
    int hidden = 0;
    std::optional<relay_pin> pin;
    transport::error_code refuse_pin;
    std::function<void()> on_show;

    void show_code(const std::string& code, std::chrono::seconds) override
    {
        shown.push_back(code);
        if (on_show) on_show();
    }
    void hide_code() override { ++hidden; }
    transport::task<transport::result<void>> keep_pin(relay_pin kept) override
    {
        if (refuse_pin) co_return refuse_pin;
        pin = kept;
        co_return transport::result<void>();
    }
};

struct fake_registry final : agent_registry {
    admission known;
    std::optional<handshake_failure> refusal;
    transport::error_code refuse_code;
    pairing_desk desk;
    std::vector<agent_facts> admitted;
    std::shared_ptr<claim_signal> waiting;
    int offers = 0, withdrawn = 0;
    std::function<void()> on_offer;

    transport::task<std::variant<admission, handshake_failure>> admit(agent_facts agent) override
    {
        admitted.push_back(agent);
        if (refusal) co_return *refusal;
        co_return known;
    }
    transport::task<transport::result<void>> offer_code(agent_facts agent, code_hash code,
                                                        std::chrono::seconds life,
                                                        std::shared_ptr<claim_signal> claimed) override
    {
        if (refuse_code) co_return refuse_code;
        ++offers;
        desk.offer(agent.agent_id, code, life, pairing_desk::clock::now());
        waiting = std::move(claimed);
        if (on_offer) on_offer();
        co_return transport::result<void>();
    }
    void withdraw(const std::string& agent_id, const std::shared_ptr<claim_signal>& claimed) noexcept override
    {
        if (claimed != waiting) return;
        ++withdrawn;
        desk.withdraw(agent_id);
        waiting.reset();
    }
};

struct meeting {
    transport::net::io_context context;
    std::shared_ptr<paired_stream> agent_stream, relay_stream;
    agent_handshake_options agent;
    relay_handshake_options relay;
    fake_desk desk;
    fake_registry registry;
    std::optional<handshake_result<agent_session>> agent_said;
    std::optional<handshake_result<relay_session>> relay_said;

    meeting()
    {
        std::array<unsigned char, 32> value{};
        value.fill(9);
        agent_stream = std::make_shared<paired_stream>(context, value);
        relay_stream = std::make_shared<paired_stream>(context, value);
        paired_stream::join(agent_stream, relay_stream);
        agent.self = *make_identity();
        agent.software_version = "0.1.0";
        agent.host = "relay.example";
        relay.self = *make_identity();
        registry.known.facts = {"0.1.0", "https://relay.example", ""};
    }
    void know_each_other()
    {
        agent.pin = relay_pin{relay.self->key(), binding_mode::tls_exporter};
        registry.known.claimed = true;
        registry.known.key = agent.self->key();
        registry.known.binding = binding_mode::tls_exporter;
    }
    void start_agent()
    {
        transport::net::co_spawn(context, agent_handshake(agent_stream, agent, desk),
                                 [this](std::exception_ptr thrown, handshake_result<agent_session> said) {
                                     if (!thrown) agent_said.emplace(std::move(said));
                                 });
    }
    void start_relay()
    {
        transport::net::co_spawn(context, relay_handshake(relay_stream, relay, registry),
                                 [this](std::exception_ptr thrown, handshake_result<relay_session> said) {
                                     if (!thrown) relay_said.emplace(std::move(said));
                                 });
    }
    void meet()
    {
        start_relay();
        start_agent();
        context.run();
        REQUIRE(agent_said);
        REQUIRE(relay_said);
        CHECK_FALSE(agent_stream->overlapped());
        CHECK_FALSE(relay_stream->overlapped());
    }
    errc agent_failed() const
    {
        return code_of(agent_said->has_error(),
                       agent_said->has_error() ? agent_said->error().code : transport::error_code());
    }
    errc relay_failed() const
    {
        return code_of(relay_said->has_error(),
                       relay_said->has_error() ? relay_said->error().code : transport::error_code());
    }
    static errc code_of(bool failed, transport::error_code code)
    {
        REQUIRE(failed);
        REQUIRE(code.category() == error_category());
        return static_cast<errc>(code.value());
    }
    // The person types the code that the agent shows.
    void claim_shown()
    {
        auto got = registry.desk.claim(desk.shown.back(), "t-1", "192.0.2.9", pairing_desk::clock::now());
        REQUIRE(std::holds_alternative<std::string>(got));
        CHECK(std::get<std::string>(got) == agent.self->agent_id());
        registry.waiting->ring({"0.1.0", "https://relay.example", "Keller"});
    }
};

} // namespace

TEST_CASE("ends that know each other go on at once and leave nothing unread")
{
    meeting m;
    m.know_each_other();
    m.meet();
    REQUIRE(m.agent_said->has_value());
    REQUIRE(m.relay_said->has_value());
    CHECK((*m.agent_said)->relay_key == m.relay.self->key());
    CHECK((*m.agent_said)->facts.base_url == "https://relay.example");
    CHECK_FALSE((*m.agent_said)->newly_paired);
    CHECK_FALSE((*m.relay_said)->newly_paired);
    CHECK((*m.relay_said)->agent.agent_id == m.agent.self->agent_id());
    CHECK((*m.relay_said)->agent.peer == "192.0.2.1:5000");
    CHECK(m.desk.shown.empty());
    CHECK(m.registry.offers == 0);
    CHECK(m.agent_stream->empty());
    CHECK(m.relay_stream->empty());
}

TEST_CASE("a new agent shows a code, is claimed by it and pins the relay before it goes on")
{
    meeting m;
    m.agent.code = std::make_shared<shown_code>();
    m.registry.on_offer = [&m] { m.claim_shown(); };
    m.meet();
    REQUIRE(m.agent_said->has_value());
    REQUIRE(m.relay_said->has_value());
    CHECK((*m.agent_said)->newly_paired);
    CHECK((*m.relay_said)->newly_paired);
    CHECK((*m.agent_said)->facts.printer_name == "Keller");
    REQUIRE(m.desk.pin);
    CHECK(m.desk.pin->key == m.relay.self->key());
    CHECK(m.desk.pin->binding == binding_mode::tls_exporter);
    CHECK(m.desk.hidden == 1);
    CHECK(m.registry.withdrawn == 1);
    CHECK(m.agent.code->code.empty());
    CHECK(m.relay_stream->empty());
    CHECK(m.agent_stream->empty());
}

TEST_CASE("a claim may come from another thread while the agent says its code again and again")
{
    meeting m;
    m.agent.times.say_every = 1ms;
    std::thread person;
    m.registry.on_offer = [&] {
        person = std::thread([signal = m.registry.waiting] {
            for (int i = 0; i < 3; ++i)
                signal->ring({"0.1.0", "", "Keller"});
        });
    };
    m.meet();
    person.join();
    CHECK(m.agent_said->has_value());
    CHECK(m.relay_said->has_value());
    CHECK(m.registry.offers == 1);
    m.registry.waiting.reset();
}

TEST_CASE("an agent that lost its pin is asked for a claim although the relay knows it")
{
    meeting m;
    m.know_each_other();
    m.agent.pin.reset();
    m.registry.on_offer = [&m] { m.claim_shown(); };
    m.meet();
    REQUIRE(m.agent_said->has_value());
    CHECK((*m.agent_said)->newly_paired);
}

TEST_CASE("a code that ends is followed by a fresh one on the same connection")
{
    meeting m;
    m.agent.times.code_life = 1100ms; // codes are told in whole seconds
    m.agent.times.say_every = 100ms;
    m.registry.on_offer = [&m] {
        if (m.registry.offers == 2) m.claim_shown();
    };
    m.meet();
    CHECK(m.agent_said->has_value());
    REQUIRE(m.desk.shown.size() == 2);
    CHECK(m.desk.shown[0] != m.desk.shown[1]);
    CHECK(m.registry.withdrawn == 1);
}

TEST_CASE("a code that is still good is shown again after a reconnect")
{
    meeting m;
    m.agent.code = std::make_shared<shown_code>();
    m.agent.code->code = "7KQ2-9XHM";
    m.agent.code->until = std::chrono::steady_clock::now() + 5min;
    m.registry.on_offer = [&m] { m.claim_shown(); };
    m.meet();
    CHECK(m.desk.shown == std::vector<std::string>{"7KQ2-9XHM"});
}

TEST_CASE("a code that is nearly over is not shown again")
{
    meeting m;
    m.agent.code = std::make_shared<shown_code>();
    m.agent.code->code = "7KQ2-9XHM";
    m.agent.code->until = std::chrono::steady_clock::now() + 5s;
    m.registry.on_offer = [&m] { m.claim_shown(); };
    m.meet();
    REQUIRE(m.desk.shown.size() == 1);
    CHECK(m.desk.shown[0] != "7KQ2-9XHM");
}

TEST_CASE("a refusal reaches the agent by name, with its wait, and closes the stream")
{
    meeting m;
    m.registry.refusal = make_failure(errc::key_refused);
    m.registry.refusal->retry_after = 300s;
    m.meet();
    CHECK(m.agent_failed() == errc::key_refused);
    CHECK(m.relay_failed() == errc::key_refused);
    CHECK(m.agent_said->error().retry_after == 300s);
    CHECK(m.agent_said->error().permanent);
    CHECK(m.relay_stream->close_code == 1008);
    CHECK(m.relay_stream->close_reason == "key_refused");
}

TEST_CASE("a store that failed is worth another try, whatever its own table says")
{
    meeting m;
    m.registry.refusal = make_failure(errc::store_corrupt);
    m.meet();
    CHECK(m.agent_failed() == errc::store_corrupt);
    CHECK_FALSE(m.agent_said->error().permanent);
    CHECK(m.relay_stream->close_code == 1013);
}

TEST_CASE("a full desk refuses for now")
{
    meeting m;
    m.registry.refuse_code = make_error_code(errc::too_many_waiting);
    m.meet();
    CHECK(m.agent_failed() == errc::too_many_waiting);
    CHECK_FALSE(m.agent_said->error().permanent);
    CHECK(m.desk.hidden == 1);
}

TEST_CASE("a pin that cannot be kept ends the pairing at both ends")
{
    meeting m;
    m.desk.refuse_pin = make_error_code(errc::store_full);
    m.registry.on_offer = [&m] { m.claim_shown(); };
    m.meet();
    CHECK(m.agent_failed() == errc::store_full);
    CHECK(m.relay_said->has_error());
}

TEST_CASE("a false relay is told apart and the stream ends")
{
    meeting m;
    m.know_each_other();
    m.agent.pin->key = (*make_identity())->key();
    m.meet();
    CHECK(m.agent_failed() == errc::wrong_relay_key);
    CHECK(m.agent_stream->close_code == 1008);
    CHECK(m.relay_said->error().code == transport::make_error_code(transport::errc::closed));
    CHECK(m.registry.admitted.empty());
}

TEST_CASE("an end that stays silent is given up after the deadline")
{
    meeting m;
    m.agent.times.to_welcome = 20ms;
    m.relay.times.to_welcome = 20ms;
    SECTION("no relay")
    {
        m.start_agent();
        m.context.run();
        CHECK(m.agent_failed() == errc::handshake_timeout);
    }
    SECTION("no agent")
    {
        m.start_relay();
        m.context.run();
        CHECK(m.relay_failed() == errc::handshake_timeout);
    }
}

TEST_CASE("a wait whose connection is half open is given up at both ends")
{
    meeting m;
    m.agent.times.silence = 50ms;
    m.agent.times.say_every = 5ms;
    m.relay.times.silence = 50ms;
    SECTION("the relay's words are lost")
    {
        m.registry.on_offer = [&m] { m.relay_stream->swallow(); };
        m.meet();
        CHECK(m.agent_failed() == errc::handshake_timeout);
    }
    SECTION("the agent's words are lost")
    {
        m.registry.on_offer = [&m] { m.agent_stream->swallow(); };
        m.meet();
        CHECK((m.relay_said->error().code == errc::handshake_timeout ||
               m.agent_said->error().code == errc::handshake_timeout));
    }
    CHECK(m.desk.hidden == 1);
    CHECK(m.registry.withdrawn == 1);
}

TEST_CASE("rubbish, and a message over 16 KiB, end the handshake with a name")
{
    meeting m;
    SECTION("rubbish")
    {
        m.relay_stream->take("{\"type\":\"what\"}");
        m.start_relay();
        m.context.run();
        CHECK(m.relay_failed() == errc::malformed_message);
    }
    SECTION("too large")
    {
        m.relay_stream->take(std::string(16 * 1024 + 1, 'x'));
        m.start_relay();
        m.context.run();
        CHECK(m.relay_said->error().code == transport::make_error_code(transport::errc::too_large));
    }
    SECTION("ready before anybody claimed it")
    {
        m.desk.on_show = [&m] { m.relay_stream->take(agent_machine::ready()); };
        m.meet();
        CHECK(m.relay_failed() == errc::malformed_message);
    }
}

TEST_CASE("a signal that is rung after the agent went away does nothing")
{
    meeting m;
    std::shared_ptr<claim_signal> kept;
    m.registry.on_offer = [&] {
        kept = m.registry.waiting;
        m.agent_stream->abort();
    };
    m.meet();
    CHECK(m.agent_said->has_error());
    CHECK(m.relay_said->has_error());
    CHECK(m.registry.withdrawn == 1);
    kept->ring({});
    m.context.restart();
    m.context.run();
}
