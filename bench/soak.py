"""Hours of a makerspace in one run: a print on each kind of printer, viewers, a phone that asks, a tunnel that is cut.

bench/soak.sh has built all that this needs. It watches what must stay flat: memory and descriptors of every program,
lines that were printed, and how late a process wakes that sleeps 1 ms beside all this.
"""
import argparse
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from measures import Measures, no_more_than
from measure_serial import write_moves
from processes import Failed, Program, run, wait_until
from stack import Stack

CUT_EVERY_S, ASKS_A_SECOND, SAMPLE_S = 20, 10, 5
STEP_MM, FEED_MM_MIN = 0.6, 3000  # of the jobs' moves


class Bench:
    def __init__(self, binaries, work):
        self.bin, self.work = pathlib.Path(binaries), pathlib.Path(work)

    def folder(self, name):
        (self.work / name).mkdir()
        return str(self.work / name)


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Phone(threading.Thread):
    """Asks for the status ten times a second on one connection, and makes a new one when it is cut off."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.over = stack, threading.Event()
        self.answered, self.refused, self.slowest = 0, 0, 0.0

    def run(self):
        line, path = None, f"/printers/{self.stack.agent_id}/plugin-api/v1/status"
        while not self.over.wait(1 / ASKS_A_SECOND):
            began = time.monotonic()
            try:
                line = line or http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=30)
                line.request("GET", path, headers={"Authorization": f"Bearer {self.stack.token}"})
                answer = line.getresponse()
                text = answer.read()
                if answer.status == 200 and json.loads(text)["Status"] == 200:
                    self.answered += 1
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException, ValueError):
                self.refused += 1
                line = None
            self.slowest = max(self.slowest, time.monotonic() - began)


class Viewer(threading.Thread):
    """Looks at the first camera, and looks again when the stream ends."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.over, self.bytes, self.looks = stack, threading.Event(), 0, 0

    def run(self):
        path = f"/printers/{self.stack.agent_id}/plugin-api/v1/webcam/stream"
        while not self.over.is_set():
            try:
                line = http.client.HTTPConnection("127.0.0.1", self.stack.relay_port, timeout=10)
                line.request("GET", path, headers={"Authorization": f"Bearer {self.stack.token}"})
                answer = line.getresponse()
                self.looks += answer.status == 200
                while answer.status == 200 and not self.over.is_set():
                    piece = answer.read1(65536)
                    if not piece:
                        break
                    self.bytes += len(piece)
            except (OSError, http.client.HTTPException):
                pass
            self.over.wait(0.5)


class Watch:
    """Memory (KiB) and descriptors of programs, sampled; what they grew by since the warm-up."""

    def __init__(self, programs):
        self.programs, self.samples = programs, {name: [] for name in programs}

    def sample(self):
        for name, program in self.programs.items():
            if not program.alive():
                raise Failed(f"{name} ended:\n{program.tail()}")
            self.samples[name].append((*program.memory_kb(), program.descriptors()))

    def report(self, measures):
        for name, all_of in self.samples.items():
            later = all_of[len(all_of) // 4:]  # a quarter of the time to warm up
            part = max(1, len(later) // 6)

            def least(samples, column):  # what stays, not what a request has at hand
                return min(sample[column] for sample in samples)

            measures.add("soak", f"{name}-resident-MB", [later[-1][0] / 1024])
            measures.add("soak", f"{name}-grew-KB", [least(later[-part:], 0) - least(later[:part], 0)],
                         goal=no_more_than(1024))
            measures.add("soak", f"{name}-descriptors-more", [least(later[-part:], 2) - least(later[:part], 2)],
                         goal=no_more_than(0))


def lateness(bench, seconds):
    return subprocess.Popen([str(bench.bin / "layerline-bench-lateness"), "--seconds", str(seconds)],
                            stdout=subprocess.PIPE, text=True)


def through_cuts(bench, programs):
    """Puts a proxy that cuts before the relay."""
    def via(port):
        out = bench.work / f"cut{len(programs)}.out"
        with open(out, "w") as stdout:
            programs.append(Program("cut", [bench.bin / "layerline-bench-delay", "--to", f"127.0.0.1:{port}", "--delay-ms", 0,
                                            "--cut-every-s", CUT_EVERY_S], str(bench.work), stdout=stdout))
        return int(wait_until("the proxy", lambda: out.read_text().strip(), program=programs[-1]))
    return via


def camera(bench, programs):
    """ustreamer without a device: its own picture, as often as it makes it."""
    port = free_port()
    programs.append(Program("ustreamer", ["ustreamer", "--device", bench.work / "no-device", "--host", "127.0.0.1", "--port",
                                          port, "--slowdown"], str(bench.work)))

    def answers():
        return run(["curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}",
                    f"http://127.0.0.1:{port}/state"], check=False).startswith("2")
    wait_until("ustreamer answers", answers, program=programs[-1])
    return f"http://127.0.0.1:{port}/stream"


def start_print(stack, name, moves):
    """Uploads a job and starts it as a script does; gives the file's path."""
    path = stack.path(name)
    write_moves(path, moves, STEP_MM, FEED_MM_MIN)
    cli = [stack.bench.bin / "layerline", "--url", stack.url, "--printer", stack.agent_id, "--token", stack.token]
    run([*cli, "upload", path], 120)
    run([*cli, "start", name, "--bed-clear"], 120)
    return path


def judge_print(stack, moves, phone, measures, kind):
    def status():  # the tunnel may just have been cut
        asked = run(["curl", "-s", "-H", f"Authorization: Bearer {stack.token}", stack.command("status")], check=False)
        try:
            return json.loads(asked).get("Result")
        except ValueError:
            return None

    job = wait_until("a status after the run", status)["JobStatus"]
    print(f"# {kind}: the print is {job['State']}, {job.get('Progress')} %; status answered {phone.answered} times, "
          f"{phone.refused} refused, slowest {phone.slowest:.2f} s", flush=True)
    if job["State"] not in ("printing", "finished", "complete"):
        raise Failed(f"the print on the {kind} printer is {job['State']}")
    if kind != "serial":
        return
    stack.printer.process.send_signal(signal.SIGTERM)
    stack.printer.process.wait(30)
    with open(stack.path("report.json")) as text:
        report = json.load(text)
    # The job's lines in the order in which they were carried out: the moves stand in the file as often as in the report.
    done = [entry["command"] for entry in report["executed"] if entry["command"].startswith("G1 X")]
    with open(stack.path(f"soak-{kind}.gcode")) as job:
        asked = [line.strip() for line in job if line.startswith("G1 X")]
    wrong = next((i for i, (a, b) in enumerate(zip(done, asked)) if a != b), None)
    if wrong is not None:
        raise Failed(f"line {wrong} of the print is {done[wrong]}, where the file has {asked[wrong]}")
    measures.add("soak", "serial-bytes-lost", [report["wire"]["bytes_lost"]], goal=no_more_than(0))
    measures.add("soak", "serial-underruns", [report["underruns"]], goal=no_more_than(0))
    print(f"# serial: {len(done)} moves carried out, each as the file has it and in its order", flush=True)


def soak(bench, minutes, moonraker, measures):
    extras, stacks, phones, viewers = [], {}, [], []
    calm = lateness(bench, 20)
    alone = json.loads(calm.communicate(timeout=60)[0])
    moves = int(minutes * FEED_MM_MIN / STEP_MM * 1.3)  # more than are printed in this time
    try:
        eye = camera(bench, extras)
        stacks["serial"] = Stack(bench, "serial", via=through_cuts(bench, extras), speed=1, cameras=[eye],
                                 report=True)
        if moonraker:
            stacks["klipper"] = Stack(bench, "klipper", via=through_cuts(bench, extras), moonraker=moonraker, cameras=[eye])
        for kind, stack in stacks.items():
            start_print(stack, f"soak-{kind}.gcode", moves)
            phones.append(Phone(stack))
        viewers = [Viewer(stacks["serial"]), Viewer(stacks["serial"])]
        for one in phones + viewers:
            one.start()
        programs = {}
        for kind, stack in stacks.items():
            programs[f"{kind}-relay"], programs[f"{kind}-agent"] = stack.relay, stack.agent
            if kind == "serial":
                programs["serial-printhost"] = stack.host
        watch, end = Watch(programs), time.monotonic() + minutes * 60
        beside = lateness(bench, minutes * 60 - 5)
        while time.monotonic() < end:
            watch.sample()
            time.sleep(SAMPLE_S)
        busy = json.loads(beside.communicate(timeout=120)[0])
        for one in phones + viewers:
            one.over.set()
        for one in phones + viewers:
            one.join(15)
        watch.report(measures)
        for (kind, stack), phone in zip(stacks.items(), phones):
            judge_print(stack, moves, phone, measures, kind)
        print(f"# viewers: {', '.join(f'{v.bytes / 1e6:.0f} MB in {v.looks} looks' for v in viewers)}", flush=True)
        for share in ("p50", "p99", "p999", "most"):
            worse = (busy[share] - alone[share]) / 1000
            measures.add("soak", f"lateness-{share}-worse-ms", [worse], goal=no_more_than(1) if share == "p999" else None)
    finally:
        for stack in stacks.values():
            stack.stop()
        for program in reversed(extras):
            program.stop()


def main():
    parser = argparse.ArgumentParser(prog="bench/soak.sh", description="A long run that must stay flat, on loopback.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--moonraker", metavar="URL", help="a running Moonraker with a ready Klipper, idle: it prints as well")
    parser.add_argument("--json", metavar="FILE", help="every figure")
    parser.add_argument("--bin", metavar="DIR", default=pathlib.Path(__file__).resolve().parent.parent / "build/package/bin",
                        help="programs built elsewhere; nothing is built then")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    measures = Measures()
    with tempfile.TemporaryDirectory(prefix="layerline-soak.") as work:
        try:
            soak(Bench(arguments.bin, work), arguments.minutes, arguments.moonraker, measures)
        except Failed as why:
            print(f"soak: {why}", file=sys.stderr)
            return 2
    if arguments.json:
        measures.write(arguments.json, {"minutes": arguments.minutes, "cores": os.cpu_count()})
    return 1 if measures.short() else 0


if __name__ == "__main__":
    sys.exit(main())
