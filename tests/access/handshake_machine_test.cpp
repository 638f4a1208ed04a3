// Who is believed in a handshake, and each way of not being believed.
#include "access/handshake_machine.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace layerline::access;
using nlohmann::json;

namespace {

exporter tls(unsigned char value)
{
    std::array<unsigned char, 32> bytes{};
    bytes.fill(value);
    return bytes;
}

nonce fresh()
{
    nonce bytes{};
    REQUIRE(random_bytes(bytes));
    return bytes;
}

struct ends {
    std::shared_ptr<const identity> agent_key = *make_identity(), relay_key = *make_identity();
    agent_handshake_options agent;
    relay_handshake_options relay;
    exporter agent_tls = tls(1), relay_tls = tls(1);
    admission known;

    ends()
    {
        agent.self = agent_key;
        agent.software_version = "0.1.0";
        agent.host = "relay.example";
        agent.pin = relay_pin{relay_key->key(), binding_mode::tls_exporter};
        relay.self = relay_key;
        relay.host_names = {"relay.example", "relay2.example"};
        known.claimed = true;
        known.binding = binding_mode::tls_exporter;
        known.key = agent_key->key();
        known.facts = {"0.1.0", "https://relay.example", "Keller"};
    }
    void no_tls()
    {
        agent_tls.reset();
        relay_tls.reset();
    }
    void binding_off()
    {
        agent.binding = binding_mode::off;
        agent.pin->binding = binding_mode::off;
        known.binding = binding_mode::off;
    }
    agent_machine agent_end() const { return {agent, agent_tls, fresh()}; }
    relay_machine relay_end() const { return {relay, relay_tls, fresh()}; }
};

template <class T>
errc why(const handshake_result<T>& failed)
{
    REQUIRE(failed.has_error());
    REQUIRE(failed.error().code.category() == error_category());
    CHECK_FALSE(failed.error().text.empty());
    return static_cast<errc>(failed.error().code.value());
}

std::string changed(const std::string& message, const char* field, json value)
{
    auto parsed = json::parse(message);
    parsed[field] = std::move(value);
    return parsed.dump();
}

} // namespace

TEST_CASE("agent and relay that know each other agree in three messages")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = agent.on_challenge(relay.challenge());
    REQUIRE(hello.has_value());
    const auto facts = relay.on_hello(*hello);
    REQUIRE(facts.has_value());
    CHECK(facts->agent_id == e.agent_key->agent_id());
    CHECK(facts->key == e.agent_key->key());
    CHECK(facts->instance_id == e.agent_key->instance_id());
    CHECK(facts->software_version == "0.1.0");
    CHECK(facts->host == "relay.example");
    CHECK(facts->binding == binding_mode::tls_exporter);
    CHECK(facts->paired);
    CHECK_FALSE(relay.judge(e.known));
    const auto welcomed = agent.on_welcome(*relay.welcome(e.known));
    REQUIRE(welcomed.has_value());
    CHECK(welcomed->claimed);
    CHECK(welcomed->facts.printer_name == "Keller");
    CHECK(welcomed->facts.base_url == "https://relay.example");
}

TEST_CASE("without TLS they agree if binding is off at both ends")
{
    ends e;
    e.no_tls();
    e.binding_off();
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = agent.on_challenge(relay.challenge());
    REQUIRE(hello.has_value());
    REQUIRE(relay.on_hello(*hello).has_value());
    CHECK_FALSE(relay.judge(e.known));
    CHECK(agent.on_welcome(*relay.welcome(e.known))->claimed);
}

TEST_CASE("a hello is worth nothing on another connection")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = *agent.on_challenge(relay.challenge());
    SECTION("replayed to the same relay")
    {
        e.no_tls();
        e.binding_off();
        auto plain_agent = e.agent_end();
        auto first = e.relay_end();
        const auto plain = *plain_agent.on_challenge(first.challenge());
        REQUIRE(first.on_hello(plain).has_value());
        auto second = e.relay_end();
        CHECK(why(second.on_hello(plain)) == errc::wrong_signature);
    }
    SECTION("carried over another TLS connection")
    {
        e.relay_tls = tls(2);
        relay_machine middle(e.relay, e.relay_tls, fresh());
        auto victim = e.agent_end();
        CHECK(why(middle.on_hello(*victim.on_challenge(middle.challenge()))) == errc::wrong_binding);
    }
    SECTION("with the nonces swapped")
    {
        auto parsed = json::parse(hello);
        parsed["nonce"] = json::parse(relay.challenge())["nonce"];
        CHECK(why(relay.on_hello(parsed.dump())) == errc::wrong_binding);
    }
    SECTION("carried to another relay")
    {
        auto other = e;
        other.relay_key = *make_identity();
        other.relay.self = other.relay_key;
        auto other_relay = other.relay_end();
        CHECK(why(other_relay.on_hello(hello)) == errc::wrong_binding);
    }
}

TEST_CASE("each part of a hello is under the signature")
{
    ends e;
    e.no_tls();
    e.binding_off();
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = *agent.on_challenge(relay.challenge());
    for (const auto& [field, value] :
         std::vector<std::pair<const char*, json>>{{"host", "relay2.example"},
                                                   {"instance_id", "other"},
                                                   {"paired", false},
                                                   {"nonce", std::string(43, 'A')}}) {
        INFO(field);
        CHECK(why(relay.on_hello(changed(hello, field, value))) == errc::wrong_signature);
    }
    CHECK(relay.on_hello(hello).has_value());
}

TEST_CASE("an id that is not the key's is refused")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = *agent.on_challenge(relay.challenge());
    const auto other = *make_identity();
    CHECK(why(relay.on_hello(changed(hello, "agent_id", other->agent_id()))) == errc::wrong_agent_id);
    auto both = json::parse(changed(hello, "agent_id", other->agent_id()));
    relay_machine encoder(relay_handshake_options{other, {}, binding_mode::off, {}}, {}, fresh());
    both["key"] = json::parse(encoder.challenge())["relay_key"]; // the other's key, in the form of the wire
    CHECK(why(relay.on_hello(both.dump())) == errc::wrong_binding);
}

TEST_CASE("a relay is found by its own names only, however they are written")
{
    ends e;
    for (const auto* good : {"relay.example", "RELAY2.example", "relay.example."}) {
        e.agent.host = good;
        auto agent = e.agent_end();
        auto relay = e.relay_end();
        CHECK(relay.on_hello(*agent.on_challenge(relay.challenge())).has_value());
    }
    e.agent.host = "evil.example";
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    CHECK(why(relay.on_hello(*agent.on_challenge(relay.challenge()))) == errc::wrong_host);
    e.relay.host_names.clear();
    auto any = e.relay_end();
    auto again = e.agent_end();
    CHECK(any.on_hello(*again.on_challenge(any.challenge())).has_value());
}

TEST_CASE("binding never becomes less than at pairing")
{
    ends e;
    SECTION("the relay, or a proxy before it, asks for none")
    {
        e.relay_tls.reset();
        auto agent = e.agent_end();
        const auto answer = agent.on_challenge(e.relay_end().challenge());
        CHECK(why(answer) == errc::binding_downgrade);
        CHECK(answer.error().permanent);
    }
    SECTION("the agent's own configuration was turned down")
    {
        e.agent.binding = binding_mode::off;
        auto agent = e.agent_end();
        CHECK(why(agent.on_challenge(e.relay_end().challenge())) == errc::binding_downgrade);
    }
    SECTION("there is no TLS to bind to")
    {
        e.no_tls();
        auto agent = e.agent_end();
        CHECK(why(agent.on_challenge(e.relay_end().challenge())) == errc::binding_unavailable);
    }
    SECTION("the agent offers less than the relay keeps")
    {
        e.binding_off();
        e.known.binding = binding_mode::tls_exporter;
        auto agent = e.agent_end();
        auto relay = e.relay_end();
        REQUIRE(relay.on_hello(*agent.on_challenge(relay.challenge())).has_value());
        const auto against = relay.judge(e.known);
        REQUIRE(against);
        CHECK(against->code == errc::binding_downgrade);
    }
    SECTION("a new agent offers less than this relay takes")
    {
        e.agent.pin.reset();
        e.agent.binding = binding_mode::off;
        e.relay.minimum_binding = binding_mode::tls_exporter;
        auto agent = e.agent_end();
        auto relay = e.relay_end();
        REQUIRE(relay.on_hello(*agent.on_challenge(relay.challenge())).has_value());
        CHECK(relay.judge({})->code == errc::binding_downgrade);
    }
    SECTION("the agent claims a binding that this relay's connection cannot have")
    {
        auto agent = e.agent_end();
        const auto bound = e.relay_end();
        const auto hello = *agent.on_challenge(bound.challenge());
        e.relay_tls.reset();
        auto unbound = e.relay_end();
        CHECK(why(unbound.on_hello(hello)) == errc::binding_unavailable);
    }
    SECTION("but it may become more")
    {
        e.agent.pin->binding = binding_mode::off;
        e.known.binding = binding_mode::off;
        auto agent = e.agent_end();
        auto relay = e.relay_end();
        CHECK(relay.on_hello(*agent.on_challenge(relay.challenge()))->binding == binding_mode::tls_exporter);
        CHECK_FALSE(relay.judge(e.known));
    }
}

TEST_CASE("a relay with another key than the pinned one is refused for good")
{
    ends e;
    e.agent.pin->key = (*make_identity())->key();
    auto agent = e.agent_end();
    const auto answer = agent.on_challenge(e.relay_end().challenge());
    CHECK(why(answer) == errc::wrong_relay_key);
    CHECK(answer.error().permanent);
}

TEST_CASE("a relay that cannot sign is no relay")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto hello = *agent.on_challenge(relay.challenge());
    REQUIRE(relay.on_hello(hello).has_value());
    const auto welcome = *relay.welcome(e.known);
    SECTION("with a signature of its own over the agent's words")
    {
        CHECK(why(agent.on_welcome(changed(welcome, "signature", json::parse(hello)["signature"]))) ==
              errc::wrong_signature);
    }
    SECTION("with the claim turned around")
    {
        CHECK(why(agent.on_welcome(changed(welcome, "claimed", false))) == errc::wrong_signature);
    }
    SECTION("with a welcome of an earlier connection")
    {
        auto later = e.agent_end();
        auto relay_later = e.relay_end();
        REQUIRE(later.on_challenge(relay_later.challenge()).has_value());
        CHECK(why(later.on_welcome(welcome)) == errc::wrong_signature);
    }
    SECTION("with its own key put in place of the pinned relay's")
    {
        const auto evil = *make_identity();
        auto challenge = json::parse(relay.challenge());
        e.relay.self = evil;
        auto impostor = e.relay_end();
        challenge["relay_key"] = json::parse(impostor.challenge())["relay_key"];
        auto victim = e.agent_end();
        CHECK(why(victim.on_challenge(challenge.dump())) == errc::wrong_relay_key);
    }
}

TEST_CASE("an agent that nobody paired is driven by no relay that says it is claimed")
{
    ends e;
    e.agent.pin.reset();
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    REQUIRE(relay.on_hello(*agent.on_challenge(relay.challenge())).has_value());
    SECTION("an honest relay asks for a claim although it knows the agent")
    {
        CHECK_FALSE(relay.claimed(e.known));
        CHECK_FALSE(agent.on_welcome(*relay.welcome(e.known))->claimed);
        CHECK(agent.pin().key == e.relay_key->key());
        CHECK(agent.pin().binding == binding_mode::tls_exporter);
    }
    SECTION("a forged welcome is refused")
    {
        CHECK(why(agent.on_welcome(changed(*relay.welcome(e.known), "claimed", true))) ==
              errc::wrong_signature);
    }
}

TEST_CASE("a relay that keeps another key under this id refuses")
{
    ends e;
    e.known.key = (*make_identity())->key();
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    REQUIRE(relay.on_hello(*agent.on_challenge(relay.challenge())).has_value());
    CHECK(relay.judge(e.known)->code == errc::key_refused);
}

TEST_CASE("versions that do not meet are told as such")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    CHECK(why(agent.on_challenge(changed(relay.challenge(), "versions", {2, 3}))) == errc::version_refused);
    const auto hello = *agent.on_challenge(changed(relay.challenge(), "versions", {7, 1}));
    CHECK(why(relay.on_hello(changed(hello, "version", 2))) == errc::version_refused);
}

TEST_CASE("a refusal carries its name, text, permanence and wait; an unknown name stays a refusal")
{
    ends e;
    auto failure = make_failure(errc::quarantined, "two copies run");
    failure.permanent = false;
    failure.retry_after = std::chrono::milliseconds(300000);
    auto agent = e.agent_end();
    const auto early = agent.on_challenge(relay_machine::refused(failure));
    CHECK(why(early) == errc::quarantined);
    CHECK(early.error().text == "two copies run");
    CHECK_FALSE(early.error().permanent);
    CHECK(early.error().retry_after == std::chrono::milliseconds(300000));
    CHECK(why(agent.on_welcome(relay_machine::refused(make_failure(errc::store_locked)))) ==
          errc::store_locked);
    CHECK(why(agent_machine::on_claim(relay_machine::refused(failure))) == errc::quarantined);
    CHECK(why(agent.on_welcome(
              R"({"type":"refused","code":"from_the_future","text":"a\u001b[31mb","permanent":true})")) ==
          errc::refused);
    CHECK(agent.on_welcome(R"({"type":"refused","code":"x","text":"a\u001b[31mb"})").error().text ==
          "a[31mb");
}

TEST_CASE("codes are told as hashes, and ready counts only after the claim was told")
{
    const auto offer = relay_machine::on_waiting(
        agent_machine::pairing("7KQ2-9XHM", "agent", std::chrono::seconds(9999)), false);
    REQUIRE(offer.has_value());
    const auto& got = std::get<relay_machine::code_offer>(*offer);
    CHECK(got.code == hash_pairing_code("7KQ2-9XHM", "agent"));
    CHECK(got.life == std::chrono::seconds(600));
    CHECK(why(relay_machine::on_waiting(agent_machine::ready(), false)) == errc::malformed_message);
    CHECK(std::holds_alternative<relay_machine::agent_ready>(
        *relay_machine::on_waiting(agent_machine::ready(), true)));
    CHECK_FALSE(agent_machine::on_claim(relay_machine::waiting())->has_value());
    CHECK((*agent_machine::on_claim(relay_machine::claimed({"1", "u", "Keller"})))->printer_name == "Keller");
}

TEST_CASE("whatever is not the message that belongs here is malformed")
{
    ends e;
    auto agent = e.agent_end();
    auto relay = e.relay_end();
    const auto challenge = relay.challenge();
    const auto hello = *agent.on_challenge(challenge);
    for (const std::string& wrong :
         {std::string(), std::string("{"), std::string("[]"), std::string("null"),
          std::string("\"challenge\""), std::string("{\"type\":1}"), std::string(R"({"type":"welcome"})"),
          std::string("\xff\xfe"), std::string(20000, ' ') + challenge, std::string(16000, '['),
          changed(challenge, "nonce", "AAAA"), changed(challenge, "nonce", 5),
          changed(challenge, "versions", json::array()), changed(challenge, "versions", {-1}),
          changed(challenge, "versions", {1.5}), changed(challenge, "versions", 18446744073709551615ULL),
          changed(challenge, "relay_key", nullptr), changed(challenge, "binding", "more")})
        CHECK(why(agent.on_challenge(wrong)) == errc::malformed_message);
    for (const std::string& wrong :
         {std::string("{}"), challenge, changed(hello, "host", std::string(300, 'a')),
          changed(hello, "host", "a\nb"), changed(hello, "software_version", ""), changed(hello, "paired", 1),
          changed(hello, "signature", ""), changed(hello, "version", "1"),
          changed(hello, "agent_id", std::string(27, 'a'))})
        CHECK(why(relay.on_hello(wrong)) == errc::malformed_message);
    const auto pairing = agent_machine::pairing("7KQ2-9XHM", "agent", std::chrono::seconds(60));
    for (const std::string& wrong :
         {std::string("{}"), changed(pairing, "expires_in_s", 0), changed(pairing, "expires_in_s", 601),
          changed(pairing, "expires_in_s", 1e300), changed(pairing, "code_hash", "7KQ2-9XHM")})
        CHECK(why(relay_machine::on_waiting(wrong, true)) == errc::malformed_message);
    CHECK(relay.on_hello(changed(hello, "of a later version", json::object())).has_value());
}
