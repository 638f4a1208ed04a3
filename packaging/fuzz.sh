#!/usr/bin/env bash
# Runs every fuzz target for SECONDS (default 20) from its seeds. A crash input is left in build/fuzz/findings/.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh
seconds="${1:-20}"
install_packages "${build_packages[@]}" clang libclang-rt-14-dev
use_compiler_cache
cmake --preset fuzz
cmake --build build/fuzz --target fuzz_all
mkdir -p build/fuzz/findings
failed=0
for target in build/fuzz/bin/fuzz_*; do
    name="${target##*/fuzz_}"
    corpus="build/fuzz/corpus/$name"
    mkdir -p "$corpus"
    seeds="tests/fuzz/seeds/$name"
    echo "fuzzing $name for $seconds s"
    if ! "$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="build/fuzz/findings/$name-" "$corpus" $([ -d "$seeds" ] && echo "$seeds"); then
        echo "fuzzing $name: FAILED" >&2
        failed=1
    fi
done
exit "$failed"
