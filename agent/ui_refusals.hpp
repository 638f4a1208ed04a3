// What the agent says itself where a local UI was asked for: who may not, what does not pass, what failed.
#pragma once

#include "agent/answer.hpp"
#include "agent/ui_rewrite.hpp"

#include <boost/system/error_code.hpp>

namespace layerline::agent {

extern const refusal ui_switched_off, ui_no_scope, ui_bad_place, ui_busy, ui_unreachable, ui_broke_off;

// For what the rewriting does not let through.
const refusal& ui_refusal_for(ui_fault why);
// For what became of asking the target (see transport/error.hpp).
const refusal& ui_refusal_for(const boost::system::error_code& why);

} // namespace layerline::agent
