// The workshop's front: the Model API, the Slice API, and the count of what was answered.
#pragma once

#include "transport/exchange.hpp"
#include "workshop/service/figures.hpp"

namespace layerline::workshop {

class workshop_router final : public transport::service {
public:
    // All must outlive it and its exchanges.
    workshop_router(transport::service& models, transport::service& slices, figures& counts)
        : models_(models), slices_(slices), counts_(counts)
    {
    }
    transport::task<void> serve(transport::exchange& call) override;

private:
    transport::service& models_;
    transport::service& slices_;
    figures& counts_;
};

} // namespace layerline::workshop
