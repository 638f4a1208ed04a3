// Binding modes by name.
#include "access/binding.hpp"

namespace layerline::access {

std::string_view name_of(binding_mode mode)
{
    return mode == binding_mode::off ? "off" : "tls-exporter";
}

std::optional<binding_mode> parse_binding(std::string_view name)
{
    for (const auto mode : {binding_mode::off, binding_mode::tls_exporter})
        if (name == name_of(mode)) return mode;
    return std::nullopt;
}

} // namespace layerline::access
