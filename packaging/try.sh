#!/usr/bin/env bash
# Tries Layerline out on this machine: installs what is missing, builds, starts relay, agent, print host and a virtual
# printer on loopback, pairs them, prints a real G-code file through the relay and says what happened. Needs no printer.
set -euo pipefail

usage() {
    cat <<'E2'
usage: packaging/try.sh [--once] [--no-print] [--ready FILE] [--fault KIND=SHARE]... [--seed N] [--speed X] [--report FILE]
                        [--workshop]
  --once         fast virtual time; exit after the print
  --no-print     start everything and print nothing
  --ready FILE   write addresses, tokens and process ids as JSON to FILE when everything is up
  --fault F      a fault of the virtual printer, such as drop-ok=0.01, corrupt=0.01 or resend-without-ok=0.01
  --seed N       of the faults (default 1)
  --speed X      virtual time runs X times as fast (default 10; with --once 60)
  --report FILE  keep the virtual printer's report of what it executed
  --workshop     start the workshop, too: models at /workshop/ of the agent and of the relay
E2
}

once=no print=yes ready="" seed=1 speed="" keep_report="" workshop=no faults=()
while [ $# -gt 0 ]; do
    case "$1" in
        --once) once=yes ;;
        --no-print) print=no ;;
        --ready) ready="${2:?--ready takes a file}"; shift ;;
        --fault) faults+=(--fault "${2:?--fault takes KIND=SHARE}"); shift ;;
        --seed) seed="${2:?--seed takes a number}"; shift ;;
        --speed) speed="${2:?--speed takes a number}"; shift ;;
        --report) keep_report="$(realpath -m "${2:?--report takes a file}")"; shift ;;
        --workshop) workshop=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
[ -z "$ready" ] || ready="$(realpath -m "$ready")"
[ -n "$speed" ] || { [ "$once" = yes ] && speed=60 || speed=10; }
cd "$(dirname "$0")/.."
. packaging/dependencies.sh

install_packages "${build_packages[@]}" "${try_packages[@]}"
use_compiler_cache
cmake --preset release -DLAYERLINE_TESTS=OFF >/dev/null
echo "Building (a few minutes the first time)..."
targets=(layerline layerline-agent layerline-relay layerline-printhost layerline-virtual-printer)
[ "$workshop" = no ] || targets+=(layerline-workshop)
cmake --build build/release --target "${targets[@]}" \
    | tail -n 1
bin="$PWD/build/release/bin"

work="$(mktemp -d "${TMPDIR:-/tmp}/layerline-try.XXXXXX")"
declare -A pid=()
stop_all() {
    local name
    for name in relay agent workshop printhost virtual_printer; do # the printer last: it writes its report then
        [ -n "${pid[$name]:-}" ] || continue
        kill "${pid[$name]}" 2>/dev/null || true
        wait "${pid[$name]}" 2>/dev/null || true
        unset "pid[$name]"
    done
}
ended() {
    local code=$?
    stop_all
    if [ "$code" -ne 0 ] && [ "$code" -ne 130 ]; then
        echo "try.sh failed; the programs' logs are in $work" >&2
    else
        rm -rf "$work"
    fi
}
trap ended EXIT
trap 'exit 130' INT TERM

# wait_for FILE PID NAME: until the program has made FILE (a file or a socket); fails at once if it ends before.
wait_for() {
    local tries=0
    until [ -s "$1" ] || [ -S "$1" ]; do
        kill -0 "$2" 2>/dev/null || { echo "$3 ended at its start:" >&2; tail -n 20 "$work/$3.log" >&2; return 1; }
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "$3 was not ready within 30 s" >&2; return 1; }
        sleep 0.1
    done
}
start() { # NAME PROGRAM ARGS...: in the background, its log in $work/NAME.log
    local name="$1"
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pid[$name]=$!
}

mkdir -p "$work/agent/files/gcode" "$work/printhost" "$work/relay"
start virtual_printer "$bin/layerline-virtual-printer" --link "$work/printer" --ready "$work/printer.ready" --baud 250000 \
    --speed "$speed" --seed "$seed" "${faults[@]}" --report "$work/report.json"
wait_for "$work/printer.ready" "${pid[virtual_printer]}" virtual_printer

start printhost "$bin/layerline-printhost" --port "$work/printer" --baud 250000 --socket "$work/printhost.sock" \
    --files "$work/agent/files" --state "$work/printhost"
wait_for "$work/printhost.sock" "${pid[printhost]}" printhost

workshop_url="" workshop_section=""
if [ "$workshop" = yes ]; then
    printf '[metrics]\nlisten = "127.0.0.1:0"\n' >"$work/workshop.toml"
    start workshop "$bin/layerline-workshop" --config "$work/workshop.toml" --state "$work/workshop" serve \
        --listen 127.0.0.1:0 --ready "$work/workshop.ready"
    wait_for "$work/workshop.ready" "${pid[workshop]}" workshop
    workshop_url="$(jq -r .url "$work/workshop.ready")"
    workshop_section="$(printf '[workshop]\nsocket = "%s"' "$(jq -r .socket "$work/workshop.ready")")"
fi

echo "$workshop_section" >"$work/relay.toml"
start relay "$bin/layerline-relay" --config "$work/relay.toml" --state "$work/relay" --listen 127.0.0.1:0 --ready "$work/relay.ready"
wait_for "$work/relay.ready" "${pid[relay]}" relay
relay_url="$(jq -r .url "$work/relay.ready")"

cat >"$work/agent.toml" <<E2
[printer]
socket = "$work/printhost.sock"
[lan]
listen = "127.0.0.1:0"
[relay]
urls = ["ws${relay_url#http}"]
[files]
reserve_mb = 16
$workshop_section
E2
start agent "$bin/layerline-agent" --config "$work/agent.toml" --state "$work/agent" --ready "$work/agent.ready"
wait_for "$work/agent.ready" "${pid[agent]}" agent
agent_url="$(jq -r .lan "$work/agent.ready")"
agent_id="$(jq -r .agent_id "$work/agent.ready")"

# The agent shows a code; whoever runs the relay types it.
code=""
for _ in $(seq 100); do
    code="$("$bin/layerline-agent" --state "$work/agent" status --json | jq -r '.pairing.code // empty')"
    [ -z "$code" ] || break
    sleep 0.1
done
[ -n "$code" ] || { echo "the agent showed no pairing code" >&2; exit 1; }
"$bin/layerline-relay" --state "$work/relay" claim "$code" --name "virtual printer"
token="$("$bin/layerline-relay" --state "$work/relay" token create --name try --scopes view,control,files --json | jq -r .secret)"
agent_token="$("$bin/layerline-agent" --state "$work/agent" token create --name try --scopes view,control,files --json | jq -r .secret)"

export LAYERLINE_URL="$relay_url" LAYERLINE_PRINTER="$agent_id" LAYERLINE_TOKEN="$token"
layerline() { "$bin/layerline" "$@"; }
for _ in $(seq 100); do # the tunnel begins a moment after the claim, the printer says hello a moment after that
    layerline status >"$work/status.log" 2>&1 && break
    sleep 0.1
done
layerline status

if [ -n "$ready" ]; then
    jq -n --arg relay "$relay_url" --arg printer "$agent_id" --arg token "$token" --arg agent "$agent_url" \
        --arg agent_token "$agent_token" --arg serial "$(cat "$work/printer.ready")" \
        --argjson relay_pid "${pid[relay]}" --argjson agent_pid "${pid[agent]}" --argjson host_pid "${pid[printhost]}" \
        --argjson printer_pid "${pid[virtual_printer]}" --argjson workshop_pid "${pid[workshop]:-null}" \
        --arg workshop "$workshop_url" \
        '{relay: $relay, printer: $printer, token: $token, agent: $agent, agent_token: $agent_token, serial: $serial,
          pids: {relay: $relay_pid, agent: $agent_pid, printhost: $host_pid, virtual_printer: $printer_pid}}
          + (if $workshop == "" then {} else {workshop: $workshop} end)
          | if $workshop_pid == null then . else .pids.workshop = $workshop_pid end' \
        >"$ready.new"
    mv "$ready.new" "$ready"
fi

if [ "$print" = yes ]; then
    echo
    echo "Printing tests/data/lobed_cup.gcode through the relay ($relay_url, printer $agent_id)"
    xz -dc tests/data/lobed_cup.gcode.xz >"$work/lobed_cup.gcode"
    began=$SECONDS
    layerline upload "$work/lobed_cup.gcode"
    layerline start lobed_cup.gcode --bed-clear
    (layerline watch || true) &
    watcher=$!
    until [ "$(layerline status --json | jq '.Result.JobStatus.CurrentPrint.CurrentLayer // 0')" -ge 3 ]; do sleep 0.2; done
    layerline pause --if-state printing --wait 60
    layerline status
    layerline resume --if-state paused --wait 60
    wait "$watcher"
    layerline watch --quiet
    took=$((SECONDS - began))

    kill -HUP "${pid[virtual_printer]}"
    wait_for "$work/report.json" "${pid[virtual_printer]}" virtual_printer
    echo
    echo "Printed in $took s (virtual time runs $speed times as fast)."
    packaging/check-report.py "$work/lobed_cup.gcode" "$work/report.json"
    [ -z "$keep_report" ] || cp "$work/report.json" "$keep_report"
fi
[ "$once" = no ] || exit 0

cat <<E2

Everything runs until Ctrl-C. In another terminal:
  export LAYERLINE_URL=$relay_url LAYERLINE_PRINTER=$agent_id LAYERLINE_TOKEN=$token
  $bin/layerline status
  $bin/layerline start lobed_cup.gcode --bed-clear && $bin/layerline watch
The agent itself: $agent_url (token $agent_token)
E2
if [ "$workshop" = yes ]; then
    echo "The workshop: $agent_url/workshop/models/v1/, $relay_url/workshop/models/v1/ (the same tokens), and itself at $workshop_url"
fi
wait "${pid[relay]}" || true
