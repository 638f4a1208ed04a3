// The resident part of the program's code.
#pragma once

namespace layerline::transport {

// Unmaps every page of code, the program's own and its libraries'. What runs on is mapped again as it is
// used, from the file cache, 64 KiB at a time; what only the start needed (configuration, certificates,
// argument parsing) stays away: some MiB. Costs about a millisecond, and a soft fault each 64 KiB that are
// still used. Breakpoints that a debugger has set are lost.
void give_back_idle_code();

} // namespace layerline::transport
