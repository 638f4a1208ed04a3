// Who is believed, and why not.
#include "access/handshake_machine.hpp"
#include "access/pairing.hpp"

#include <algorithm>

namespace layerline::access {

namespace {

std::string bytes_of(const exporter& tls)
{
    return tls ? std::string(reinterpret_cast<const char*>(tls->data()), tls->size()) : std::string();
}

handshake_failure from_refusal(const refused_message& refusal)
{
    const auto* row = find_error(refusal.code);
    auto failure = make_failure(row == nullptr ? errc::refused : row->code, refusal.text);
    failure.permanent = refusal.permanent;
    failure.retry_after = refusal.retry_after;
    return failure;
}

// Host names are compared without case and without a final dot.
std::string plain_host(std::string_view host)
{
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string plain(host);
    std::ranges::transform(plain, plain.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return plain;
}

} // namespace

handshake_failure make_failure(errc code, std::string detail)
{
    const auto& row = row_of(code);
    handshake_failure failure;
    failure.code = make_error_code(code);
    failure.text =
        detail.empty() ? std::string(row.text) + "; " + std::string(row.advice) : std::move(detail);
    failure.permanent = row.permanent;
    return failure;
}

agent_machine::agent_machine(agent_handshake_options options, exporter tls, nonce fresh)
    : options_(std::move(options)), tls_(tls)
{
    said_.agent_nonce = fresh;
    said_.host = plain_host(options_.host);
    said_.agent_id = options_.self->agent_id();
    said_.instance_id = options_.self->instance_id();
    said_.agent_key = options_.self->key();
    said_.binding = options_.binding;
    said_.paired = options_.pin.has_value();
}

handshake_result<std::string> agent_machine::on_challenge(std::string_view text)
{
    const auto read = decode_first(text);
    if (!read) return make_failure(errc::malformed_message);
    if (const auto* refusal = std::get_if<refused_message>(&*read)) return from_refusal(*refusal);
    const auto& asked = std::get<challenge_message>(*read);
    if (!std::ranges::count(asked.versions, handshake_version)) return make_failure(errc::version_refused);
    if (options_.pin) {
        if (options_.pin->key != asked.relay_key) return make_failure(errc::wrong_relay_key);
        if (options_.binding < options_.pin->binding)
            return make_failure(errc::binding_downgrade,
                                "channel_binding is less in the agent's configuration than it was at "
                                "pairing; put it back, or unpair and pair again");
    }
    const auto wanted = options_.pin ? std::max(options_.pin->binding, options_.binding) : options_.binding;
    if (wanted == binding_mode::tls_exporter) {
        if (!tls_) return make_failure(errc::binding_unavailable);
        if (asked.binding < wanted)
            return make_failure(
                errc::binding_downgrade,
                "the relay asks for no channel binding, as behind a proxy that ends TLS; if that proxy "
                "is yours, set channel_binding = \"off\" in the agent's configuration and pair again");
        said_.exporter = bytes_of(tls_);
    }
    said_.binding = wanted;
    said_.relay_nonce = asked.relay_nonce;
    said_.relay_key = asked.relay_key;

    hello_message hello;
    hello.agent_id = said_.agent_id;
    hello.key = said_.agent_key;
    hello.agent_nonce = said_.agent_nonce;
    hello.instance_id = said_.instance_id;
    hello.software_version = options_.software_version;
    hello.host = said_.host;
    hello.binding = said_.binding;
    hello.paired = said_.paired;
    const auto proof = options_.self->sign(signed_by_agent(said_));
    if (!proof) return make_failure(errc::crypto_failed);
    hello.proof = *proof;
    return encode(hello);
}

handshake_result<agent_machine::welcomed> agent_machine::on_welcome(std::string_view text)
{
    const auto read = decode_answer(text);
    if (!read) return make_failure(errc::malformed_message);
    if (const auto* refusal = std::get_if<refused_message>(&*read)) return from_refusal(*refusal);
    const auto& welcome = std::get<welcome_message>(*read);
    if (!verify(said_.relay_key, signed_by_relay(said_, welcome.claimed), welcome.proof))
        return make_failure(errc::wrong_signature);
    // Without a pin there must be a claim first: otherwise any relay that is dialled by mistake would drive
    // the printer.
    if (welcome.claimed && !said_.paired) return make_failure(errc::malformed_message);
    return welcomed{welcome.claimed, welcome.facts};
}

std::string agent_machine::pairing(std::string_view code, std::string_view agent_id,
                                   std::chrono::seconds life)
{
    pairing_message message;
    message.code = hash_pairing_code(code, agent_id);
    message.expires_in = std::clamp<std::chrono::seconds>(life, std::chrono::seconds(1), pairing_code_life);
    return encode(message);
}

handshake_result<std::optional<relay_facts>> agent_machine::on_claim(std::string_view text)
{
    const auto read = decode_claim(text);
    if (!read) return make_failure(errc::malformed_message);
    if (const auto* refusal = std::get_if<refused_message>(&*read)) return from_refusal(*refusal);
    const auto* claimed = std::get_if<claimed_message>(&*read);
    return claimed == nullptr ? std::optional<relay_facts>() : std::optional<relay_facts>(claimed->facts);
}

std::string agent_machine::ready()
{
    return encode(ready_message{});
}

relay_machine::relay_machine(relay_handshake_options options, exporter tls, nonce fresh)
    : options_(std::move(options)), tls_(tls)
{
    said_.relay_nonce = fresh;
    said_.relay_key = options_.self->key();
}

std::string relay_machine::challenge() const
{
    challenge_message message;
    message.versions = {handshake_version};
    message.relay_nonce = said_.relay_nonce;
    message.relay_key = said_.relay_key;
    message.binding = tls_ ? binding_mode::tls_exporter : binding_mode::off;
    return encode(message);
}

handshake_result<agent_facts> relay_machine::on_hello(std::string_view text)
{
    const auto hello = decode_hello(text);
    if (!hello) return make_failure(errc::malformed_message);
    if (hello->version != handshake_version) return make_failure(errc::version_refused);
    if (hello->agent_id != agent_id_of(hello->key)) return make_failure(errc::wrong_agent_id);
    said_.agent_nonce = hello->agent_nonce;
    said_.agent_id = hello->agent_id;
    said_.agent_key = hello->key;
    said_.instance_id = hello->instance_id;
    said_.host = hello->host;
    said_.binding = hello->binding;
    said_.paired = hello->paired;
    if (hello->binding == binding_mode::tls_exporter) {
        if (!tls_) return make_failure(errc::binding_unavailable);
        said_.exporter = bytes_of(tls_);
    }
    if (!verify(hello->key, signed_by_agent(said_), hello->proof)) {
        // With binding on, a proxy that ends TLS looks the same as a stranger who does.
        const bool bound = hello->binding == binding_mode::tls_exporter;
        return make_failure(bound ? errc::wrong_binding : errc::wrong_signature);
    }
    const auto is_it = [&](const std::string& name) { return plain_host(name) == plain_host(hello->host); };
    if (!options_.host_names.empty() && !std::ranges::any_of(options_.host_names, is_it))
        return make_failure(errc::wrong_host);
    agent_facts facts;
    facts.agent_id = hello->agent_id;
    facts.key = hello->key;
    facts.instance_id = hello->instance_id;
    facts.software_version = hello->software_version;
    facts.host = hello->host;
    facts.binding = hello->binding;
    facts.paired = hello->paired;
    return facts;
}

std::optional<handshake_failure> relay_machine::judge(const admission& known) const
{
    if (known.claimed && known.key && *known.key != said_.agent_key) return make_failure(errc::key_refused);
    // An agent without a pin is paired anew, and its binding fixed anew.
    const bool goes_on = claimed(known);
    const auto least = goes_on && known.binding ? std::max(*known.binding, options_.minimum_binding)
                                                : options_.minimum_binding;
    if (said_.binding < least) return make_failure(errc::binding_downgrade);
    return std::nullopt;
}

handshake_result<std::string> relay_machine::welcome(const admission& known) const
{
    const auto proof = options_.self->sign(signed_by_relay(said_, claimed(known)));
    if (!proof) return make_failure(errc::crypto_failed);
    return encode(welcome_message{*proof, claimed(known), known.facts});
}

handshake_result<std::variant<relay_machine::code_offer, relay_machine::agent_ready>>
relay_machine::on_waiting(std::string_view text, bool told)
{
    const auto read = decode_waiting(text);
    if (!read) return make_failure(errc::malformed_message);
    if (const auto* offer = std::get_if<pairing_message>(&*read))
        return code_offer{offer->code, offer->expires_in};
    if (!told) return make_failure(errc::malformed_message);
    return agent_ready{};
}

std::string relay_machine::waiting()
{
    return encode(waiting_message{});
}

std::string relay_machine::claimed(const relay_facts& facts)
{
    return encode(claimed_message{facts});
}

std::string relay_machine::refused(const handshake_failure& failure)
{
    refused_message message;
    const bool ours = failure.code.category() == error_category();
    message.code = row_of(ours ? static_cast<errc>(failure.code.value()) : errc::refused).name;
    message.text = failure.text;
    message.permanent = failure.permanent;
    message.retry_after = failure.retry_after;
    return encode(message);
}

} // namespace layerline::access
