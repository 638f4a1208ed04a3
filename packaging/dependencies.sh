# Sourced by try.sh, test.sh and bench/run.sh: the Debian 12 packages that each needs, and how they get onto a bare machine.

build_packages=(g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-url1.81-dev libssl-dev libnghttp2-dev
    nlohmann-json3-dev libspdlog-dev libserialport-dev libtomlplusplus-dev libcli11-dev libsoci-dev libsqlite3-dev prometheus-cpp-dev
    libopenvdb-dev libimath-dev libembree-dev libtbb-dev
    libmeshoptimizer-dev libpolyclipping-dev libpng-dev libjpeg62-turbo-dev libexpat1-dev zlib1g-dev)
try_packages=(xz-utils jq python3-minimal)
test_packages=(admesh assimp-utils prusa-slicer catch2 faketime xz-utils jq openssl curl util-linux python3-minimal)
bench_packages=(openssh-server openssh-client nginx-light wrk printcore curl openssl ca-certificates iproute2
    util-linux python3 admesh meshlab f3d prusa-slicer slic3r xvfb xauth)
check_packages=(clang clang-tidy clang-format libclang-rt-14-dev)

# install_packages NAME...: installs those that are missing, as root or through sudo.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "These packages are missing; install them as root: ${missing[*]}" >&2; return 1; }
        as_root=(sudo)
    fi
    echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Compiled objects are kept outside the checkout, so that a fresh clone builds fast.
use_compiler_cache() {
    export CCACHE_DIR="${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/layerline-ccache}"
    export CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-5G}"
}
