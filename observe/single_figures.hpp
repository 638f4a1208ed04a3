// Figures that have one value each and no labels.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace layerline::observe {

// A new gauge or counter of that name in the registry, which owns it. Names and help texts are constants of
// ours: prometheus-cpp throws for a malformed one.
inline prometheus::Gauge& gauge(prometheus::Registry& into, const char* name, const char* help)
{
    return prometheus::BuildGauge().Name(name).Help(help).Register(into).Add({});
}
inline prometheus::Counter& counter(prometheus::Registry& into, const char* name, const char* help)
{
    return prometheus::BuildCounter().Name(name).Help(help).Register(into).Add({});
}

} // namespace layerline::observe
