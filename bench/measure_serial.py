"""The print host beside Printrun's printcore, on the same pty, and on a paced wire.

Before the firmware that acknowledges at once, host and firmware share one core, ours and the peer alike: each line wakes
the other side, and to wake an idle core costs a virtual machine more than all the rest of a line.
"""
import json
import os
import signal
import time

from measures import at_least, at_most, no_less_than, no_more_than
from processes import Failed, Program, run, wait_until

OUR_MOVES = 300_000   # more than are printed in the time measured
PEER_MOVES = 12_000   # the same for the peer, which reads its whole file first
BYTES_A_MOVE = 32.0   # of a framed line, about
ONE_CORE = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]


def write_moves(path, count, step_mm=0.7, feed=None):
    """A job of moves as long as a slicer's, without filament, which a cold nozzle would refuse at length; with `feed`
    (mm/min) each is `step_mm` long along X."""
    with open(path, "w") as out:
        if feed:
            out.write(f"G28\nG1 Z5 F600\nG1 X10 Y10 F{feed:.0f}\n")
        for i in range(count):
            if feed:
                x = 10 + step_mm * (i % 200 if i // 200 % 2 == 0 else 200 - i % 200)
                out.write(f"G1 X{x:.3f} Y{10 + step_mm * (i // 200 % 200):.3f}\n")
            else:
                out.write(f"G1 X{i * 7 % 2000 / 10:.3f} Y{i * 13 % 2000 / 10:.3f} Z{1 + i % 100 / 100:.3f}\n")


class Host:
    """Our print host on a port."""

    def __init__(self, bench, folder, port, baud, window=1, prefix=()):
        self.bench, self.socket = bench, os.path.join(folder, "host.sock")
        config = os.path.join(folder, "host.toml")
        with open(config, "w") as out:
            out.write(f"[limits]\nstarts_an_hour = 1000\n[firmware]\nwindow_lines = {window}\n")
        os.makedirs(os.path.join(folder, "files", "gcode"), exist_ok=True)
        self.program = Program("printhost", [
            *prefix, bench.bin / "layerline-printhost", "--config", config, "--port", port, "--baud", baud, "--socket",
            self.socket, "--files", os.path.join(folder, "files"), "--state", os.path.join(folder, "state")], folder)
        wait_until("the print host is idle", lambda: self.ctl("status").startswith(("idle", "finished")),
                   program=self.program)

    def ctl(self, *words):
        return run([self.bench.bin / "layerline-printhost", "ctl", "--socket", self.socket, *words], check=False)

    def start(self, job):
        self.ctl("bed-clear")
        if not self.ctl("start", job).startswith("ok"):
            raise Failed(f"the print host did not start {job}:\n{self.program.tail()}")

    def stop(self):
        self.program.stop()


def timed(bench, out, host):
    """Reads the firmware's counts while a print runs: (moves a second, the host's CPU microseconds a move)."""
    def counted():
        with open(out) as lines:
            whole = [line for line in lines if line.endswith("\n")]
        return whole and [float(word) for word in whole[-1].split()]

    wait_until("the first move", counted, 30, host)
    time.sleep(0.5)
    moves, seconds = counted()
    cost = host.cpu_seconds()
    time.sleep(bench.seconds)
    last_moves, last_seconds = counted()
    cost = host.cpu_seconds() - cost
    if last_moves - moves < 100:
        raise Failed(f"only {last_moves - moves:.0f} moves in {bench.seconds} s:\n{host.tail()}")
    return (last_moves - moves) / (last_seconds - seconds), cost / (last_moves - moves) * 1e6


def ready_round(bench, folder, drive, *options):
    """A print to the firmware that acknowledges at once; `drive` starts a host on its port and gives the program."""
    out = os.path.join(folder, "firmware.out")
    port = os.path.join(folder, "port")
    with open(out, "w") as stdout:
        firmware = Program("firmware", [*ONE_CORE, bench.bin / "layerline-bench-firmware", "--link", port, *options], folder, stdout=stdout)
    try:
        wait_until("the firmware's port", lambda: os.path.islink(port), program=firmware)
        host, stop = drive(port)
        try:
            return timed(bench, out, host)
        finally:
            stop()
    finally:
        firmware.stop()


def ready_firmware(bench, measures):
    our_job, peer_job = str(bench.work / "ready.gcode"), str(bench.work / "peer.gcode")
    write_moves(our_job, OUR_MOVES)
    write_moves(peer_job, PEER_MOVES)
    ours = {window: ([], []) for window in (4, 1)}
    peers = ([], [])

    def note(into, measured):
        for figures, figure in zip(into, measured):
            figures.append(figure)

    def drive_ours(folder, window):
        def drive(port):
            host = Host(bench, folder, port, 250000, window, prefix=ONE_CORE)
            os.link(our_job, os.path.join(folder, "files", "gcode", "job.gcode"))
            host.start("job.gcode")
            return host.program, host.stop
        return drive

    def drive_peer(port):
        program = Program("printcore", [*ONE_CORE, "printcore", "-b", "250000", port, peer_job], os.path.dirname(port))
        return program, lambda: program.stop(signal.SIGKILL)

    for turn in range(bench.rounds):
        for window, figures in ours.items():
            folder = bench.folder(f"ready{turn}-window{window}")
            note(figures, ready_round(bench, folder, drive_ours(folder, window), *(["--advanced-ok"] if window > 1 else [])))
        note(peers, ready_round(bench, bench.folder(f"peer{turn}"), drive_peer))
    for window, (rates, costs) in ours.items():
        measures.add("serial", f"ready-window{window}-lines/s", rates, peers[0], "printcore", at_least(20) if window > 1 else None)
        measures.add("serial", f"ready-window{window}-cpu-us/line", costs, peers[1], "printcore", at_most(1))


class Wire:
    """The virtual printer on a paced wire, and its report whenever it is asked for."""

    def __init__(self, bench, folder, baud, speed):
        self.port = os.path.join(folder, "port")
        self.report = os.path.join(folder, "report.json")
        ready = os.path.join(folder, "ready")
        self.program = Program("printer", [
            bench.bin / "layerline-virtual-printer", "--link", self.port, "--ready", ready, "--baud", baud, "--speed",
            speed, "--report", self.report], folder)
        wait_until("the virtual printer", lambda: os.path.exists(ready), program=self.program)

    def read(self):
        if os.path.exists(self.report):
            os.unlink(self.report)
        asked = time.monotonic()
        self.program.process.send_signal(signal.SIGHUP)
        wait_until("the report", lambda: os.path.exists(self.report), program=self.program)
        with open(self.report) as text:
            return asked, json.load(text)

    def bytes_a_second(self, seconds):
        began, before = self.read()
        time.sleep(seconds)
        ended, after = self.read()
        return (after["wire"]["bytes_received"] - before["wire"]["bytes_received"]) / (ended - began)


def full_wire(bench, measures, baud):
    """Moves that take the printer no time: the wire is the limit."""
    moves = int(baud / 10 / BYTES_A_MOVE * (bench.seconds + 8))
    job = str(bench.work / f"full{baud}.gcode")
    write_moves(job, moves)
    shares = {1: [], 4: []}
    peers = []
    for turn in range(bench.rounds):
        for window, found in shares.items():
            folder = bench.folder(f"full{baud}-{window}-{turn}")
            wire = Wire(bench, folder, baud, 10000)
            try:
                host = Host(bench, folder, wire.port, baud, window)
                try:
                    os.link(job, os.path.join(folder, "files", "gcode", "job.gcode"))
                    host.start("job.gcode")
                    time.sleep(1)
                    found.append(wire.bytes_a_second(bench.seconds) / (baud / 10) * 100)
                finally:
                    host.stop()
            finally:
                wire.program.stop()
        folder = bench.folder(f"full{baud}-peer-{turn}")
        wire = Wire(bench, folder, baud, 10000)
        try:
            program = Program("printcore", ["printcore", "-b", baud, wire.port, job], folder)
            try:
                time.sleep(5)  # it waits 2 s, reads the file, then prints
                peers.append(wire.bytes_a_second(bench.seconds) / (baud / 10) * 100)
            finally:
                program.stop(signal.SIGKILL)
        finally:
            wire.program.stop()
    measures.add("serial", f"wire-{baud}-window4-%", shares[4], peers, "printcore", no_less_than(95))
    measures.add("serial", f"wire-{baud}-window1-%", shares[1], peers, "printcore")


def easy_wire(bench, measures, baud):
    """Moves that need 60 % of the wire: the planner must never run dry."""
    move_s = BYTES_A_MOVE / (0.6 * baud / 10)
    step = 0.6
    moves = int((bench.seconds + 4) / move_s)
    job = str(bench.work / f"easy{baud}.gcode")
    write_moves(job, moves, step, step / move_s * 60)
    dry = {1: [], 4: []}
    for turn in range(bench.rounds):
        for window, found in dry.items():
            folder = bench.folder(f"easy{baud}-{window}-{turn}")
            wire = Wire(bench, folder, baud, 1)
            try:
                host = Host(bench, folder, wire.port, baud, window)
                try:
                    os.link(job, os.path.join(folder, "files", "gcode", "job.gcode"))
                    host.start("job.gcode")
                    wait_until("the end of the job", lambda host=host: host.ctl("status").startswith("finished"),
                               bench.seconds * 3 + 30, host.program)
                    _, report = wire.read()
                    if report["path"]["moves"] < moves:
                        raise Failed(f"only {report['path']['moves']} of {moves} moves were made")
                    found.append(report["underruns"])
                finally:
                    host.stop()
            finally:
                wire.program.stop()
    measures.add("serial", f"wire-{baud}-60%-window4-underruns", dry[4], goal=no_more_than(0))
    measures.add("serial", f"wire-{baud}-60%-window1-underruns", dry[1])


def measure(bench, measures):
    ready_firmware(bench, measures)
    for baud in (115200, 250000):
        full_wire(bench, measures, baud)
        easy_wire(bench, measures, baud)
