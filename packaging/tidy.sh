#!/usr/bin/env bash
# clang-format on every source; clang-tidy on those that differ from REVISION, on the COUNT that changed last, or on all.
# usage: packaging/tidy.sh [REVISION | --newest COUNT]
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh
install_packages "${build_packages[@]}" "${check_packages[@]}"
use_compiler_cache
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror

case "${1:-}" in
    "") sources=$(git ls-files '*.cpp') ;;
    --newest) sources=$(git log --name-only --pretty=format: --diff-filter=d -- '*.cpp' | awk 'NF && !seen[$0]++') ;;
    *) sources=$(git diff --name-only --diff-filter=d "$1" -- '*.cpp') ;;
esac
sources=$(echo "$sources" | grep -E '^(agent|camera|transport|observe|printer|commands|relay|access|gcode|cli|settings|workshop)/' || true)
sources=$(for source in $sources; do [ ! -f "$source" ] || echo "$source"; done)
[ "${1:-}" != --newest ] || sources=$(echo "$sources" | sed -n "1,${2:?--newest takes a number}p")
[ -n "$sources" ] || { echo "clang-tidy: nothing to read"; exit 0; }

# The precompiled header, built by clang, halves the time of whatever includes Asio.
cmake --preset dev -B build/tidy -DCMAKE_CXX_COMPILER=clang++ >/dev/null
cmake --build build/tidy --target CMakeFiles/layerline_net.dir/cmake_pch.hxx.pch >/dev/null
echo "clang-tidy: $(echo "$sources" | wc -l) sources"
echo "$sources" | xargs -P "$(nproc)" -n 2 clang-tidy -p build/tidy --quiet 2>/dev/null
