"""Memory, wake-ups and traffic of programs that idle, and of those that work; memory of a relay for each tunnel."""
import json
import os
import time

from crowd import Crowd
from load import Load
from measures import no_more_than
from measure_serial import write_moves
from processes import Failed, run
from stack import Stack

IDLE_S = 30  # long enough for keep-alives


def tunnel_bytes(stack):
    """Bytes of the agent's tunnel so far, both ways, as its kernel counts them."""
    total = 0
    text = run(["ss", "-tinpH", f"dport = :{stack.relay_port}"])
    for head, figures in zip(*[iter(text.splitlines())] * 2):
        if f"pid={stack.agent.pid}," in head:
            for word in figures.split():
                if word.startswith(("bytes_sent:", "bytes_received:")):
                    total += int(word.split(":")[1])
    return total


def one_printer(bench, measures):
    """Agent and print host of one printer, over wss:// with the system's authorities."""
    stack = Stack(bench, "memory", tls=True, system_store=True, sizes={"one_mb.gcode": 1024 * 1024}, speed=1)
    try:
        time.sleep(5)
        sent, woken, spent, began = tunnel_bytes(stack), stack.agent.switches(), stack.agent.cpu_seconds(), time.monotonic()
        time.sleep(IDLE_S)
        took = time.monotonic() - began
        resident, anonymous = stack.agent.memory_kb()
        add = measures.add
        add("memory", "agent-idle-resident-MB", [resident / 1024], goal=no_more_than(16))
        add("memory", "agent-idle-anonymous-MB", [anonymous / 1024], goal=no_more_than(6))
        add("memory", "agent-idle-cpu-%", [(stack.agent.cpu_seconds() - spent) / took * 100], goal=no_more_than(0.3))
        add("memory", "agent-idle-wakeups/s", [(stack.agent.switches() - woken) / took], goal=no_more_than(2))
        add("memory", "agent-idle-wire-MB/day", [(tunnel_bytes(stack) - sent) / took * 86400 / 1e6], goal=no_more_than(5))
        add("memory", "printhost-idle-resident-MB", [stack.host.memory_kb()[0] / 1024], goal=no_more_than(5))

        write_moves(stack.path("agent", "files", "gcode", "job.gcode"), 20_000, 0.6, 3000)
        cli = [bench.bin / "layerline", "--url", stack.url, "--printer", stack.agent_id, "--token", stack.token, "--ca-file",
               stack.path("cert.pem")]
        run([*cli, "start", "job.gcode", "--bed-clear"])
        load = Load(bench, stack.download("one_mb.gcode"), 4, 5, stack.token)
        other = Load(bench, stack.command("status"), 4, 5, stack.token)
        resident = anonymous = host = 0
        for _ in range(8):
            time.sleep(0.5)
            now = stack.agent.memory_kb()
            resident, anonymous = max(resident, now[0]), max(anonymous, now[1])
            host = max(host, stack.host.memory_kb()[0])
        load.figures()
        other.figures()
        if json.loads(run([*cli, "status", "--json"]))["Result"]["JobStatus"]["State"] != "printing":
            raise Failed("the print did not last as long as the measurement")
        add("memory", "agent-busy-resident-MB", [resident / 1024], goal=no_more_than(20))
        add("memory", "agent-busy-anonymous-MB", [anonymous / 1024], goal=no_more_than(10))
        add("memory", "printhost-busy-resident-MB", [host / 1024], goal=no_more_than(5))
    finally:
        stack.stop()


def each_once(bench, stack, crowd, connections):
    """A request to each of the agents in turn, for the time of one measurement."""
    script = os.path.join(bench.work, "each.lua")
    with open(crowd.ids) as lines:
        ids = lines.read().split()
    with open(script, "w") as out:
        out.write("local ids = {" + ",".join(f'"{i}"' for i in ids) + "}\nlocal at = 0\nrequest = function()\n"
                  "  at = at % #ids + 1\n  return wrk.format('GET', '/printers/' .. ids[at] .. '/plugin-api/v1/status')\nend\n")
    run(["wrk", "-t", "1", "-c", connections, "-d", f"{max(2, round(bench.seconds))}s", "--timeout", "20s", "-s", script, "-H",
         f"Authorization: Bearer {stack.token}", stack.url], 120)


def crowd_of(bench, measures, tls):
    name = "tls" if tls else "plain"
    stack = Stack(bench, f"crowd-{name}", tls=tls, relay_only=True)
    crowd = None
    try:
        stack.token = json.loads(run([bench.bin / "layerline-relay", "--state", stack.path("relay"), "token", "create",
                                      "--name", "bench", "--scopes", "view", "--json"]))["secret"]
        empty = stack.relay.memory_kb()[0]
        crowd = Crowd(bench, stack, bench.agents, 16 * 1024)
        crowd.wait(bench.agents, 60 + bench.agents / 20)
        time.sleep(3)
        goal = no_more_than(96 if tls else 28)
        measures.add("memory", f"relay-{name}-KB/tunnel", [(stack.relay.memory_kb()[0] - empty) / bench.agents], goal=goal)
        for _ in range(2):
            each_once(bench, stack, crowd, 64)
        time.sleep(8)
        measures.add("memory", f"relay-{name}-after-traffic-KB/tunnel",
                     [(stack.relay.memory_kb()[0] - empty) / bench.agents], goal=goal)
    finally:
        if crowd:
            crowd.stop()
        stack.stop()


def measure(bench, measures):
    one_printer(bench, measures)
    for tls in (False, True):
        crowd_of(bench, measures, tls)
