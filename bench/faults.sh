#!/usr/bin/env bash
# Ten million lines to the virtual firmware over a wire with every fault on one line in a hundred, in virtual time, and
# a sample of the same in real time with Printrun's printcore. bench/faults.sh --help tells the rest. Exit code: 0
# nothing lost, nothing doubled, no wait of over 2 s; 1 otherwise; 2 it could not be carried out.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

case " $* " in
    *" --help "* | *" -h "*) exec python3 bench/faults.py --help ;;
esac
install_packages "${build_packages[@]}" printrun python3 >&2
case " $* " in
    *" --bin"*) ;;
    *)
        use_compiler_cache
        cmake --preset package -DLAYERLINE_BENCH=ON >/dev/null
        cmake --build build/package --target layerline-bench-wire-faults layerline-bench-bad-port layerline-printhost |
            tail -n 1 >&2
        ;;
esac
exec python3 bench/faults.py "$@"
