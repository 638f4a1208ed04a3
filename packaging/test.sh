#!/usr/bin/env bash
# Installs what the tests need on a Debian 12, builds everything, runs every test. --all adds the thread sanitizer,
# long fuzzing and the full matrices.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

all=no
case "${1:-}" in
    "") ;;
    --all) all=yes ;;
    *) echo "usage: packaging/test.sh [--all]" >&2; exit 2 ;;
esac

install_packages "${build_packages[@]}" "${test_packages[@]}"
use_compiler_cache
cmake --preset release -DLAYERLINE_TESTS=ON
cmake --build build/release
[ "$all" = no ] || export LAYERLINE_FULL_MATRIX=1
ctest --preset release -j 2

if [ "$all" = yes ]; then
    install_packages "${check_packages[@]}"
    cmake --preset tsan
    cmake --build build/tsan
    ctest --preset tsan -j 2 -L unit
    packaging/fuzz.sh 120
fi
