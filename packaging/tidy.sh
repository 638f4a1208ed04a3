#!/usr/bin/env bash
# clang-format on every source, and clang-tidy on those that differ from REVISION (default: all of them).
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh
install_packages "${build_packages[@]}" "${check_packages[@]}"
use_compiler_cache
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror
[ -f build/tidy/compile_commands.json ] || \
    cmake --preset dev -B build/tidy -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
if [ -n "${1:-}" ]; then changed=$(git diff --name-only --diff-filter=d "$1" -- '*.cpp'); else changed=$(git ls-files '*.cpp'); fi
{ echo "$changed" | grep -E '^(agent|transport|printer|commands|relay|access|gcode|cli)/' || true; } | xargs -r -P 2 -n 4 clang-tidy -p build/tidy --quiet
