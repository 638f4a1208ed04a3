// The hand tool in the print host's own program: one command over its socket, for tests, scripts and rescue.
#pragma once

namespace layerline::printer::serial {

// Exit codes: 0 done (watch: the print finished); 1 refused or failed; 2 usage; 3 no print host answers;
// 4 not in this state, or the bed was not confirmed clear; 5 the printer is away; 6 no such file; 7 watch:
// the print was cancelled or failed.
int run_ctl(int argc, char** argv);

} // namespace layerline::printer::serial
