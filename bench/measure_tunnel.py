"""Requests through relay and tunnel beside ssh -R and a chain of two nginx."""
import json
import signal
import subprocess
import time

from load import Load, load
from measures import Goal, at_least, at_most, no_less_than, no_more_than
from peers import Peers
from processes import Failed, Program, run, wait_until
from stack import Stack
from uplink import RATE_BITS, Uplink

SIZES = {"one_kb.gcode": 1024, "one_mb.gcode": 1024 * 1024}
LARGE = {"large.gcode": 256 * 1024 * 1024}


class BesideBulk(Goal):
    """At most 5 ms, or at most twice what it is without the downloads."""

    def __init__(self):
        super().__init__("ours", "<=", 5)

    def met(self, ours, ratio):
        return ours <= 5 or (ratio is not None and ratio <= 2)

    def __str__(self):
        return "<=5-or-<=2x"


def plain(bench, measures, peers):
    """Without TLS: small answers, large ones, commands, and commands beside large answers."""
    stack = Stack(bench, "plain", sizes=SIZES)
    try:
        small, large = stack.download("one_kb.gcode"), stack.download("one_mb.gcode")
        rows = {key: [] for key in ("kb", "kb_ssh", "kb_chain", "p50", "p50_ssh", "mb", "mb_ssh", "mb_chain", "mb_kept",
                                    "command", "alone", "beside", "cpu", "cpu_chain", "command_cpu", "mb_cpu",
                                    "mb_cpu_kept")}
        ours = [stack.relay, stack.agent]
        chain = [peer.program for peer in peers.kept]
        for _ in range(bench.rounds):
            found = load(bench, small, 32, stack.token, ours)
            rows["kb"].append(found["rate"])
            rows["cpu"].append(found["us"])
            rows["kb_ssh"].append(load(bench, peers.url(peers.ssh, "one_kb.gcode"), 32)["rate"])
            found = load(bench, peers.url(peers.kept_chain, "one_kb.gcode"), 32, by=chain)
            rows["kb_chain"].append(found["rate"])
            rows["cpu_chain"].append(found["us"])
            found = load(bench, stack.command("status"), 32, stack.token, ours)
            rows["command"].append(found["rate"])
            rows["command_cpu"].append(found["us"])
            rows["p50"].append(load(bench, small, 1, stack.token)["p50"])
            rows["p50_ssh"].append(load(bench, peers.url(peers.ssh, "one_kb.gcode"), 1)["p50"])
            found = load(bench, large, 4, stack.token, ours)
            rows["mb"].append(found["mb"])
            rows["mb_cpu"].append(found["us"])
            rows["mb_ssh"].append(load(bench, peers.url(peers.ssh, "one_mb.gcode"), 4)["mb"])
            rows["mb_chain"].append(load(bench, peers.url(peers.chain, "one_mb.gcode"), 4)["mb"])
            found = load(bench, peers.url(peers.kept_chain, "one_mb.gcode"), 4, by=chain)
            rows["mb_kept"].append(found["mb"])
            rows["mb_cpu_kept"].append(found["us"])
            rows["alone"].append(load(bench, stack.command("status"), 1, stack.token)["p99"] / 1000)
            bulk = Load(bench, large, 4, bench.seconds + 1, stack.token)
            rows["beside"].append(load(bench, stack.command("status"), 1, stack.token)["p99"] / 1000)
            bulk.figures()
        add = measures.add
        add("tunnel", "1KB-c32-req/s", rows["kb"], rows["kb_ssh"], "ssh-R", at_least(3))
        add("tunnel", "1KB-c32-req/s", rows["kb"], rows["kb_chain"], "nginx-chain-keepalive", at_least(0.8))
        add("tunnel", "1KB-c1-p50-us", rows["p50"], rows["p50_ssh"], "ssh-R", at_most(1))
        add("tunnel", "1MB-c4-MB/s", rows["mb"], rows["mb_ssh"], "ssh-R", at_least(5))
        add("tunnel", "1MB-c4-MB/s", rows["mb"], rows["mb_chain"], "nginx-chain-default", at_least(1.2))
        add("tunnel", "1MB-c4-MB/s", rows["mb"], rows["mb_kept"], "nginx-chain-64k-buffers")
        add("tunnel", "command-c32-req/s", rows["command"], rows["kb_chain"], "nginx-chain-keepalive-1KB", at_least(1.3))
        add("tunnel", "1KB-c32-cpu-us/req", rows["cpu"], rows["cpu_chain"], "nginx-chain-keepalive+origin")
        add("tunnel", "1MB-c4-cpu-us/req", rows["mb_cpu"], rows["mb_cpu_kept"], "nginx-chain-64k-buffers+origin")
        add("tunnel", "command-c32-cpu-us/req", rows["command_cpu"], rows["cpu_chain"], "nginx-chain-keepalive-1KB+origin")
        add("tunnel", "command-p99-beside-4x1MB-ms", rows["beside"], rows["alone"], "ours-alone", BesideBulk())
    finally:
        stack.stop()


def encrypted(bench, measures, peers):
    stack = Stack(bench, "tls", tls=True, sizes=SIZES)
    try:
        ours, ssh, small = [], [], []
        for _ in range(bench.rounds):
            ours.append(load(bench, stack.download("one_mb.gcode"), 4, stack.token)["mb"])
            ssh.append(load(bench, peers.url(peers.ssh, "one_mb.gcode"), 4)["mb"])
            small.append(load(bench, stack.download("one_kb.gcode"), 32, stack.token)["rate"])
        measures.add("tunnel", "tls-1MB-c4-MB/s", ours, ssh, "ssh-R", at_least(2))
        measures.add("tunnel", "tls-1KB-c32-req/s", small)
    finally:
        stack.stop()


def far_away(bench, measures):
    """One download over 50 ms of round trip between agent and relay."""
    proxies = []

    def via(port):
        out = bench.work / "delay.out"
        with open(out, "w") as stdout:
            proxies.append(Program("delay", [bench.bin / "layerline-bench-delay", "--to", f"127.0.0.1:{port}",
                                             "--delay-ms", 25], str(bench.work), stdout=stdout))
        return int(wait_until("the delay proxy", lambda: out.read_text().strip(), program=proxies[0]))

    stack = None
    try:
        stack = Stack(bench, "far", via=via, sizes=LARGE)
        rates = []
        for _ in range(bench.rounds):
            said = run(["curl", "-s", "-m", "120", "-o", "/dev/null", "-w", "%{speed_download} %{http_code}", "-H",
                        f"Authorization: Bearer {stack.token}", stack.download("large.gcode")], 130)
            rates.append(float(said.split()[0]) / 1e6)
        measures.add("tunnel", "50ms-one-download-MB/s", rates, goal=no_less_than(40))
    finally:
        if stack:
            stack.stop()
        for proxy in proxies:
            proxy.stop()


def emergency_stops(bench, stack, count):
    """How long each of some emergency stops took to be answered, in ms, in order. Before each the printer is reset and
    has its host again."""
    took = []
    for _ in range(count):
        stack.printer.process.send_signal(signal.SIGUSR1)
        time.sleep(2)  # it boots and greets; its host has seen by then that it was gone
        wait_until("the printer is back from its reset", lambda: '"away":null' in run([
            bench.bin / "layerline-printhost", "ctl", "--socket", stack.path("host.sock"), "status", "--json"], check=False), 30)
        began = time.monotonic()
        said = json.loads(run(["curl", "-s", "-m", "20", "-X", "POST", "-H", f"Authorization: Bearer {stack.token}",
                               stack.command("emergency-stop")], 30))
        took.append((time.monotonic() - began) * 1000)
        if not said.get("Result", {}).get("Confirmed"):
            raise Failed(f"an emergency stop was not confirmed: {said}")
    return sorted(took)


def slow_uplink(bench, measures):
    """1 Mbit/s towards the relay, full of downloads: commands, and how much of the line the bulk gets."""
    uplink, stack, bulk = Uplink(), None, []
    try:
        stack = Stack(bench, "uplink", host=uplink.relay_address, agent_prefix=uplink.prefix(), sizes=LARGE)
        for _ in range(2):
            bulk.append(subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-H", f"Authorization: Bearer {stack.token}",
                                          stack.download("large.gcode")], stdin=subprocess.DEVNULL))
        time.sleep(5)
        p95, share = [], []
        for _ in range(bench.rounds):
            began, sent = time.monotonic(), uplink.sent_bytes()
            p95.append(Load(bench, stack.command("ping"), 1, max(10, bench.seconds), stack.token).figures()["p95"] / 1000)
            share.append((uplink.sent_bytes() - sent) * 8 / (time.monotonic() - began) / RATE_BITS * 100)
        if any(one.poll() is not None for one in bulk):
            raise Failed("a download ended under the measurement")
        measures.add("tunnel", "1Mbit-full-command-p95-ms", p95, goal=no_more_than(500))
        measures.add("tunnel", "1Mbit-full-line-use-%", share, goal=no_less_than(95))
        stops = emergency_stops(bench, stack, 20)  # so few that the slowest stands for the 99th of a hundred
        measures.add("tunnel", "1Mbit-full-emergency-stop-slowest-ms", [stops[-1]], goal=no_more_than(300))
    finally:
        for one in bulk:
            one.kill()
            one.wait()
        if stack:
            stack.stop()
        uplink.stop()


def measure(bench, measures):
    peers = Peers(bench, SIZES)
    try:
        plain(bench, measures, peers)
        encrypted(bench, measures, peers)
    finally:
        peers.stop()
    far_away(bench, measures)
    slow_uplink(bench, measures)
