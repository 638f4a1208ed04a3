#!/usr/bin/env bash
# A long run that must stay flat: prints, viewers, a phone, a tunnel that is cut every 20 s. bench/soak.sh --help tells
# the rest. Exit code: 0 all flat, 1 something grew, 2 it could not be carried out.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

case " $* " in
    *" --help "* | *" -h "*) exec python3 bench/soak.py --help ;;
esac
install_packages "${build_packages[@]}" "${bench_packages[@]}" ustreamer >&2
case " $* " in
    *" --bin"*) ;;
    *)
        use_compiler_cache
        cmake --preset package -DLAYERLINE_BENCH=ON >/dev/null
        cmake --build build/package --target layerline layerline-agent layerline-relay layerline-printhost \
            layerline-virtual-printer layerline-bench-delay layerline-bench-lateness | tail -n 1 >&2
        ;;
esac
exec python3 bench/soak.py "$@"
