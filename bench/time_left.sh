#!/usr/bin/env bash
# How right the time left is, over sliced files, against Klipper's own timing of each. bench/time_left.sh --help tells
# the rest. Exit code: 0 no worse than the peers, 1 worse, 2 it could not be carried out.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

case " $* " in
    *" --help "* | *" -h "*) exec python3 bench/time_left.py --help ;;
esac
install_packages "${build_packages[@]}" prusa-slicer python3 python3-cffi python3-greenlet python3-jinja2 >&2
case " $* " in
    *" --bin"*) ;;
    *)
        use_compiler_cache
        cmake --preset package -DLAYERLINE_BENCH=ON >/dev/null
        cmake --build build/package --target layerline-bench-time-left | tail -n 1 >&2
        ;;
esac
exec python3 bench/time_left.py "$@"
