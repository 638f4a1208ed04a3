// `layerline model …` is done by the workshop's program, so that this one links no mesh library.
#pragma once

namespace layerline::cli {

// Whether the command line asks for it: the first word is "model".
bool asks_for_model(int argc, char** argv);
// Becomes `layerline-workshop` with the same words: the one beside this program, else the one in the PATH.
// Comes back only if there is none; says so, and gives the exit code.
int become_workshop(int argc, char** argv);

} // namespace layerline::cli
