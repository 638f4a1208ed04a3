#!/usr/bin/env bash
# A print whose host is killed under real systemd: the shipped unit file, the print host and the virtual printer in
# namespaces of their own, with their own /tmp, /run, /var/lib and /dev/shm and no units but these. The machine's own
# systemd, if any, is not touched. Needs root and systemd 252 or later.
# usage: bench/systemd_takeover.sh [--bin FOLDER] [--kills N]
# Exit code: 0 the print ended with every line once and in order; 1 otherwise; 2 it could not be carried out.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="" kills=5
while [ $# -gt 0 ]; do
    case "$1" in
        --bin) bin=$(realpath "$2"); shift 2 ;;
        --kills) kills=$2; shift 2 ;;
        *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "namespaces and units need root" >&2; exit 2; }
[ -x /lib/systemd/systemd ] || { echo "systemd is not installed" >&2; exit 2; }
if [ -z "$bin" ]; then
    . packaging/dependencies.sh
    install_packages "${build_packages[@]}" python3 >&2
    use_compiler_cache
    cmake --preset release >/dev/null
    cmake --build build/release --target layerline-printhost layerline-virtual-printer | tail -n 1 >&2
    bin=$PWD/build/release/bin
fi

work=$(mktemp -d) # /run/trial inside
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir "$work/units" "$work/bin" "$work/etc"
mkdir -m 777 "$work/out"
cp "$bin/layerline-printhost" "$bin/layerline-virtual-printer" "$work/bin/"

# What differs from the shipped unit: where the program is, where its log goes, and no groups of this machine.
sed -e "s#/usr/bin/#/run/trial/bin/#" -e '/^SupplementaryGroups=/d' -e 's#^\[Unit\]#&\nDefaultDependencies=no#' \
    -e "s#^\[Service\]#&\nStandardOutput=append:/run/trial/out/host.log\nStandardError=append:/run/trial/out/host.log#" \
    packaging/systemd/layerline-printhost@.service > "$work/units/layerline-printhost@.service"
for target in sysinit basic shutdown; do
    printf '[Unit]\nDefaultDependencies=no\n' > "$work/units/$target.target"
done
cat > "$work/units/trial.target" <<EOF
[Unit]
DefaultDependencies=no
Wants=printer.service layerline-printhost@one.service driver.service
EOF
cat > "$work/units/printer.service" <<EOF
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/run/trial/bin/layerline-virtual-printer --link /run/trial/printer --mode 0666 --report /run/trial/out/report.json --speed 12
EOF
cat > "$work/units/driver.service" <<EOF
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash /run/trial/driver.sh
StandardOutput=file:/run/trial/out/driver.log
StandardError=inherit
EOF
cat > "$work/etc/printhost-one.toml" <<EOF
port = "/run/trial/printer"
socket = "/run/layerline/printhost.sock"
files = "/var/lib/layerline/files"
state = "/var/lib/layerline/printhost"
EOF
python3 - > "$work/job.gcode" <<'EOF'
print("G90\nM83\nG92 E0\nM107")
for i in range(1500):
    print(f"G1 X{10 + i % 100 + (i % 2) / 2:.1f} Y{10 + i % 37} F3000")
EOF

cat > "$work/driver.sh" <<EOF
host=layerline-printhost@one
ctl() { /run/trial/bin/layerline-printhost ctl --socket /run/layerline/printhost.sock "\$@"; }
until_says() { for _ in \$(seq 1200); do ctl status 2>/dev/null | grep -qE "\$1" && return 0; sleep 0.1; done; return 1; }
until_says idle
systemctl show \$host -p User -p NFileDescriptorStore -p NRestarts
ctl bed-clear && ctl start gcode/job.gcode
for _ in \$(seq $kills); do
    sleep 2.\$((RANDOM % 10))
    kill -9 "\$(systemctl show -p MainPID --value \$host)"
done
until_says 'finished|paused|error'
ctl status
systemctl show \$host -p NFileDescriptorStore -p NRestarts
systemctl stop printer
touch /run/trial/out/end
EOF

cat > "$work/inside.sh" <<EOF
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/trial /run/layerline
mount --bind $work /run/trial
for folder in /tmp /var/tmp /var/lib /dev/shm; do mount -t tmpfs tmpfs \$folder; chmod 1777 \$folder; done
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /var/lib/layerline/files/gcode
cp /run/trial/job.gcode /var/lib/layerline/files/gcode/
cp -a /etc /run/etc
echo 'layerline:x:977:977::/var/lib/layerline:/usr/sbin/nologin' >> /run/etc/passwd
echo 'layerline:x:977:' >> /run/etc/group
mkdir -p /run/etc/layerline
cp /run/trial/etc/* /run/etc/layerline/
mount --bind /run/etc /etc
chown -R 977:977 /var/lib/layerline /run/layerline
export container=other SYSTEMD_UNIT_PATH=/run/trial/units SYSTEMD_GENERATOR_PATH=/nonexistent
exec /lib/systemd/systemd --system --unit=trial.target --log-target=console --show-status=no
EOF

setsid unshare --pid --mount --cgroup --uts --ipc --fork --kill-child bash "$work/inside.sh" </dev/null >"$work/out/systemd.log" 2>&1 &
namespace=$!
for _ in $(seq 1800); do
    [ ! -e "$work/out/end" ] || break
    kill -0 "$namespace" 2>/dev/null || break
    sleep 0.1
done
kill -KILL "$namespace" 2>/dev/null || true
wait "$namespace" 2>/dev/null || true
[ -e "$work/out/end" ] || { ls -la "$work/out" >&2; cat "$work"/out/*.log >&2; echo "it did not come to its end" >&2; exit 2; }

cat "$work/out/driver.log"
grep -o 'the head stood still for at most [0-9]* ms' "$work/out/host.log" || true
python3 - "$work/out/report.json" "$work/job.gcode" <<'EOF'
import json
import sys

report = json.load(open(sys.argv[1]))
asked = [line.strip() for line in open(sys.argv[2]) if line.startswith("G1")]
done = [line["command"] for line in report["executed"] if line["command"].startswith("G1")]
whole = done == asked
print(f"{len(asked)} moves asked, {len(done)} executed, {'each once and in order' if whole else 'NOT AS ASKED'}; "
      f"resets of the board: {report['boots'] - 1}, times the port was opened: {report['connections']}")
sys.exit(0 if whole and report["boots"] == 1 else 1)
EOF
