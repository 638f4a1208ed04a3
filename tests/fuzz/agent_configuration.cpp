// Whatever stands in agent.toml or policy.toml: an answer or faults, never a crash.
#include "agent/configuration.hpp"
#include "agent/policy.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace layerline::agent;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto settings = parse_configuration(text);
    if (const auto* faults = std::get_if<std::vector<layerline::settings::settings_fault>>(&settings)) {
        if (faults->empty() || describe(*faults, "agent.toml").empty()) std::abort();
    } else {
        for (const auto& url : std::get<configuration>(settings).relays)
            if (!url.text.starts_with("ws") || url.host.empty()) std::abort();
    }
    (void)parse_policy(text);
    return 0;
}
