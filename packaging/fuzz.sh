#!/usr/bin/env bash
# Runs every fuzz target for SECONDS (default 20) from its seeds. A crash input is left in build/fuzz/findings/.
# usage: packaging/fuzz.sh [SECONDS [SEED]]; with a SEED every run of the same programs tries the same inputs.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh
seconds="${1:-20}"
seed="${2:-0}" # 0: another one each time
install_packages "${build_packages[@]}" clang libclang-rt-14-dev
use_compiler_cache
cmake --preset fuzz
cmake --build build/fuzz --target fuzz_all
mkdir -p build/fuzz/findings build/fuzz/logs
failed=()
# Sanitizers need their places in memory: where the kernel spreads mappings widely a program now and then fails at its start.
fixed=()
! setarch "$(uname -m)" -R true 2>/dev/null || fixed=(setarch "$(uname -m)" -R)
for target in build/fuzz/bin/fuzz_*; do
    name="${target##*/fuzz_}"
    corpus="build/fuzz/corpus/$name"
    if [ "$seed" != 0 ]; then # what earlier runs found would change the course of this one
        corpus="build/fuzz/seeded/$name"
        rm -rf "$corpus"
    fi
    log="build/fuzz/logs/$name"
    mkdir -p "$corpus"
    seeds="tests/fuzz/seeds/$name"
    if "${fixed[@]}" "$target" -seed="$seed" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="build/fuzz/findings/$name-" "$corpus" $([ -d "$seeds" ] && echo "$seeds") > "$log" 2>&1; then
        echo "fuzzing $name for $seconds s: ok"
    else
        echo "fuzzing $name for $seconds s: FAILED" >&2
        failed+=("$name")
    fi
done

# What failed stands last, with the end of its output: a reader of a long log starts there.
for name in "${failed[@]}"; do
    echo "== $name" >&2
    grep -aE -A 25 'ERROR|runtime error|terminate|Assertion' "build/fuzz/logs/$name" | cut -c -300 | head -n 60 >&2 || tail -n 20 "build/fuzz/logs/$name" >&2
done
[ "${#failed[@]}" = 0 ]
