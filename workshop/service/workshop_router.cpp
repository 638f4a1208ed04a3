#include "workshop/service/workshop_router.hpp"

#include "observe/noted_exchange.hpp"
#include "workshop/service/slice_routes.hpp"

namespace layerline::workshop {

transport::task<void> workshop_router::serve(transport::exchange& outer)
{
    // Counted however it ends.
    struct noted {
        noted(figures& into, transport::exchange& of) : counts(into), call(of) {}
        ~noted() { counts.answered(call.status(), call.bytes_in(), call.bytes_out()); }
        noted(const noted&) = delete;
        noted& operator=(const noted&) = delete;
        figures& counts;
        observe::noted_exchange call;
    };
    noted one(counts_, outer);
    const bool slice = is_slice_target(one.call.request().target);
    co_await (slice ? slices_ : models_).serve(one.call);
}

} // namespace layerline::workshop
