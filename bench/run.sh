#!/usr/bin/env bash
# Layerline beside its peers: installs the peers, builds, runs both in turn on loopback and prints one line a measure.
# bench/run.sh --help tells the rest. Exit code: 0 every goal met, 1 some short, 2 something could not be measured.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

case " $* " in
    *" --help "* | *" -h "*) exec python3 bench/run.py --help ;;
esac
install_packages python3 >&2
python3 bench/run.py --plan "$@"
install_packages "${build_packages[@]}" "${bench_packages[@]}" >&2
case " $* " in
    *" --bin"*) ;;
    *)
        use_compiler_cache
        cmake --preset package -DLAYERLINE_BENCH=ON >/dev/null
        cmake --build build/package --target layerline layerline-agent layerline-relay layerline-printhost \
            layerline-virtual-printer layerline-bench-firmware layerline-bench-delay \
            layerline-bench-agents layerline-workshop layerline-bench-models | tail -n 1 >&2
        ;;
esac
exec python3 bench/run.py "$@"
