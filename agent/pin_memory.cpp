// The pin as a fact in the store.
#include "agent/pin_memory.hpp"

#include "access/hex.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace layerline::agent {

namespace {
const std::string pin_fact = "relay.pin";
}

std::string pin_as_text(const access::relay_pin& pin)
{
    nlohmann::json text{{"key", access::to_hex(pin.key)}, {"binding", access::name_of(pin.binding)}};
    return text.dump();
}

std::optional<access::relay_pin> pin_from_text(std::string_view text)
{
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("key") || !parsed["key"].is_string() ||
        !parsed.contains("binding") || !parsed["binding"].is_string())
        return std::nullopt;
    const auto key = access::from_hex(parsed["key"].get<std::string>());
    const auto binding = access::parse_binding(parsed["binding"].get<std::string>());
    access::relay_pin pin;
    if (!key || key->size() != pin.key.size() || !binding) return std::nullopt;
    std::transform(key->begin(), key->end(), pin.key.begin(),
                   [](auto byte) { return static_cast<unsigned char>(byte); });
    pin.binding = *binding;
    return pin;
}

transport::task<transport::result<std::optional<access::relay_pin>>> pin_memory::load()
{
    auto text = co_await store_.fact(pin_fact);
    if (text.has_error()) co_return text.error();
    if (!text->has_value()) co_return std::optional<access::relay_pin>();
    auto pin = pin_from_text(**text);
    if (!pin) co_return make_error_code(access::errc::store_corrupt);
    co_return pin;
}

transport::task<transport::result<void>> pin_memory::keep(access::relay_pin pin)
{
    co_return co_await store_.set_fact(pin_fact, pin_as_text(pin));
}

transport::task<transport::result<void>> pin_memory::forget()
{
    co_return co_await store_.erase_fact(pin_fact);
}

} // namespace layerline::agent
