// toml++ as all of ours include it. Where a key begins with a byte that none can begin with, its parser only
// asserts, and in release builds assumes, what it found; without either it goes on and tells the fault.
#pragma once

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
