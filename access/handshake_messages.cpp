// Encoding and decoding of the handshake's messages.
#include "access/handshake_messages.hpp"
#include "access/base64.hpp"
#include "access/hex.hpp"
#include "access/printable.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::access {

namespace {

using nlohmann::json;

constexpr std::size_t max_text = 400;

std::string dumped(const json& message)
{
    return message.dump(-1, ' ', true, json::error_handler_t::replace);
}

// An object of that type, or null. Depth is bounded before parsing: the parser keeps what it reads.
json parsed(std::string_view text)
{
    if (text.size() > max_handshake_message) return nullptr;
    // No message nests deeper than two; strings hold no brackets that matter at this bound.
    int depth = 0;
    for (const char c : text) {
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth > 32) return nullptr;
    }
    auto message = json::parse(text, nullptr, false);
    return message.is_object() ? message : json(nullptr);
}

std::string type_of(const json& message)
{
    const auto found = message.is_object() ? message.find("type") : message.end();
    return message.is_object() && found != message.end() && found->is_string() ? found->get<std::string>()
                                                                               : "";
}

// Reads fields one after the other; one that is missing or wrong spoils the whole.
class reader {
public:
    explicit reader(const json& from) : from_(from) {}
    bool good() const { return good_; }

    template <std::size_t n>
    void bytes(const char* name, std::array<unsigned char, n>& into)
    {
        const auto text = string(name);
        const auto read = from_base64url(text);
        if (!read || read->size() != n) {
            good_ = false;
            return;
        }
        std::ranges::copy(*read, into.begin());
    }
    std::string ascii(const char* name, std::size_t limit)
    {
        auto text = string(name);
        if (!is_printable_ascii(text, limit)) good_ = false;
        return text;
    }
    bool boolean(const char* name)
    {
        const auto found = from_.find(name);
        if (found == from_.end() || !found->is_boolean()) {
            good_ = false;
            return false;
        }
        return found->get<bool>();
    }
    std::int64_t number(const char* name, std::int64_t least, std::int64_t most)
    {
        const auto found = from_.find(name);
        if (found == from_.end() || !is_within(*found, least, most)) {
            good_ = false;
            return least;
        }
        return found->get<std::int64_t>();
    }
    static bool is_within(const json& value, std::int64_t least, std::int64_t most)
    {
        if (!value.is_number_integer()) return false;
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
            return false;
        const auto read = value.get<std::int64_t>();
        return read >= least && read <= most;
    }
    binding_mode binding(const char* name)
    {
        const auto read = parse_binding(string(name));
        if (!read) good_ = false;
        return read.value_or(binding_mode::off);
    }
    std::string string(const char* name)
    {
        const auto found = from_.find(name);
        if (found == from_.end() || !found->is_string()) {
            good_ = false;
            return {};
        }
        return found->get<std::string>();
    }
    const json* field(const char* name) const
    {
        const auto found = from_.find(name);
        return found == from_.end() ? nullptr : &*found;
    }

private:
    const json& from_;
    bool good_ = true;
};

// Text for people: what does not belong is dropped, not refused.
std::string shown(const json& from, const char* name)
{
    const auto found = from.find(name);
    if (found == from.end() || !found->is_string()) return {};
    auto text = found->get<std::string>().substr(0, max_text);
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return text;
}

json facts_json(const relay_facts& facts)
{
    return {{"version", facts.software_version},
            {"base_url", facts.base_url},
            {"printer_name", facts.printer_name},
            {"minimum_agent_version", facts.minimum_agent_version}};
}

relay_facts read_facts(const json& message)
{
    relay_facts facts;
    const auto found = message.find("facts");
    if (found == message.end() || !found->is_object()) return facts;
    facts.software_version = shown(*found, "version");
    facts.base_url = shown(*found, "base_url");
    facts.printer_name = shown(*found, "printer_name");
    facts.minimum_agent_version = shown(*found, "minimum_agent_version");
    return facts;
}

refused_message read_refused(const json& message)
{
    refused_message refused;
    refused.code = shown(message, "code");
    refused.text = shown(message, "text");
    const auto permanent = message.find("permanent");
    refused.permanent = permanent != message.end() && permanent->is_boolean() && permanent->get<bool>();
    const auto after = message.find("retry_after_ms");
    constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
    if (after != message.end() && reader::is_within(*after, 0, day_ms))
        refused.retry_after = std::chrono::milliseconds(after->get<std::int64_t>());
    return refused;
}

void put(std::string& into, std::string_view part)
{
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8)
        into += static_cast<char>(size >> shift & 0xffU);
    into += part;
}

template <std::size_t n>
void put(std::string& into, const std::array<unsigned char, n>& part)
{
    put(into, std::string_view(reinterpret_cast<const char*>(part.data()), n));
}

std::string written(std::string_view label, const transcript& t)
{
    std::string text;
    put(text, label);
    put(text, t.relay_nonce);
    put(text, t.agent_nonce);
    put(text, t.host);
    put(text, t.agent_id);
    put(text, t.instance_id);
    put(text, std::to_string(t.version));
    put(text, t.exporter);
    put(text, name_of(t.binding));
    put(text, t.paired ? "paired" : "unpaired");
    put(text, t.agent_key);
    put(text, t.relay_key);
    return text;
}

} // namespace

std::string encode(const challenge_message& m)
{
    return dumped({{"type", "challenge"},
                   {"versions", m.versions},
                   {"nonce", to_base64url(m.relay_nonce)},
                   {"relay_key", to_base64url(m.relay_key)},
                   {"binding", name_of(m.binding)}});
}

std::string encode(const hello_message& m)
{
    return dumped({{"type", "hello"},
                   {"version", m.version},
                   {"agent_id", m.agent_id},
                   {"key", to_base64url(m.key)},
                   {"nonce", to_base64url(m.agent_nonce)},
                   {"instance_id", m.instance_id},
                   {"software_version", m.software_version},
                   {"host", m.host},
                   {"binding", name_of(m.binding)},
                   {"paired", m.paired},
                   {"signature", to_base64url(m.proof)}});
}

std::string encode(const welcome_message& m)
{
    return dumped({{"type", "welcome"},
                   {"signature", to_base64url(m.proof)},
                   {"claimed", m.claimed},
                   {"facts", facts_json(m.facts)}});
}

std::string encode(const refused_message& m)
{
    json message{{"type", "refused"}, {"code", m.code}, {"text", m.text}, {"permanent", m.permanent}};
    if (m.retry_after) message["retry_after_ms"] = m.retry_after->count();
    return dumped(message);
}

std::string encode(const pairing_message& m)
{
    return dumped(
        {{"type", "pairing"}, {"code_hash", to_hex(m.code)}, {"expires_in_s", m.expires_in.count()}});
}

std::string encode(const waiting_message&)
{
    return dumped({{"type", "waiting"}});
}

std::string encode(const claimed_message& m)
{
    return dumped({{"type", "claimed"}, {"facts", facts_json(m.facts)}});
}

std::string encode(const ready_message&)
{
    return dumped({{"type", "ready"}});
}

std::optional<std::variant<challenge_message, refused_message>> decode_first(std::string_view text)
{
    const auto message = parsed(text);
    if (type_of(message) == "refused") return read_refused(message);
    if (type_of(message) != "challenge") return std::nullopt;
    reader read(message);
    challenge_message m;
    const auto* versions = read.field("versions");
    if (versions == nullptr || !versions->is_array() || versions->empty() || versions->size() > 16)
        return std::nullopt;
    for (const auto& version : *versions) {
        if (!reader::is_within(version, 0, 65535)) return std::nullopt;
        m.versions.push_back(version.get<unsigned>());
    }
    read.bytes("nonce", m.relay_nonce);
    read.bytes("relay_key", m.relay_key);
    m.binding = read.binding("binding");
    if (!read.good()) return std::nullopt;
    return m;
}

std::optional<hello_message> decode_hello(std::string_view text)
{
    const auto message = parsed(text);
    if (type_of(message) != "hello") return std::nullopt;
    reader read(message);
    hello_message m;
    m.version = static_cast<unsigned>(read.number("version", 0, 65535));
    m.agent_id = read.ascii("agent_id", 26);
    read.bytes("key", m.key);
    read.bytes("nonce", m.agent_nonce);
    m.instance_id = read.ascii("instance_id", 64);
    m.software_version = read.ascii("software_version", 64);
    m.host = read.ascii("host", 253);
    m.binding = read.binding("binding");
    m.paired = read.boolean("paired");
    read.bytes("signature", m.proof);
    if (!read.good()) return std::nullopt;
    return m;
}

std::optional<std::variant<welcome_message, refused_message>> decode_answer(std::string_view text)
{
    const auto message = parsed(text);
    if (type_of(message) == "refused") return read_refused(message);
    if (type_of(message) != "welcome") return std::nullopt;
    reader read(message);
    welcome_message m;
    read.bytes("signature", m.proof);
    m.claimed = read.boolean("claimed");
    m.facts = read_facts(message);
    if (!read.good()) return std::nullopt;
    return m;
}

std::optional<std::variant<pairing_message, ready_message>> decode_waiting(std::string_view text)
{
    const auto message = parsed(text);
    if (type_of(message) == "ready") return ready_message{};
    if (type_of(message) != "pairing") return std::nullopt;
    reader read(message);
    pairing_message m;
    const auto hash = from_hex(read.string("code_hash"));
    m.expires_in = std::chrono::seconds(read.number("expires_in_s", 1, 600));
    if (!read.good() || !hash || hash->size() != m.code.size()) return std::nullopt;
    std::ranges::copy(*hash, m.code.begin());
    return m;
}

std::optional<std::variant<waiting_message, claimed_message, refused_message>>
decode_claim(std::string_view text)
{
    const auto message = parsed(text);
    if (type_of(message) == "refused") return read_refused(message);
    if (type_of(message) == "waiting") return waiting_message{};
    if (type_of(message) != "claimed") return std::nullopt;
    return claimed_message{read_facts(message)};
}

std::string signed_by_agent(const transcript& t)
{
    return written("layerline-agent-hello-v1", t);
}

std::string signed_by_relay(const transcript& t, bool claimed)
{
    auto text = written("layerline-relay-welcome-v1", t);
    put(text, claimed ? "claimed" : "unclaimed");
    return text;
}

} // namespace layerline::access
