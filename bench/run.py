"""Runs the benchmarks by name. bench/run.sh has installed and built all that they need."""
import argparse
import importlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from measures import Measures
from processes import Failed

NAMES = ["serial", "tunnel", "memory", "relay", "mesh", "slice"]


class Bench:
    """What every benchmark is given: programs, a folder to work in, how many rounds of how many seconds."""

    def __init__(self, arguments, work):
        self.root = pathlib.Path(__file__).resolve().parent.parent
        self.bin = pathlib.Path(arguments.bin).resolve() if arguments.bin else self.root / "build" / "package" / "bin"
        self.work = pathlib.Path(work)
        self.rounds, self.seconds, self.agents = arguments.rounds, arguments.seconds, arguments.agents

    def folder(self, name):
        path = self.work / name
        path.mkdir()
        return str(path)


def facts():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release, "load": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="Layerline beside its peers, on loopback.")
    parser.add_argument("names", metavar="NAME", nargs="*", help="of " + ", ".join(NAMES) + " (default: all)")
    parser.add_argument("--json", metavar="FILE", help="every figure of every round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, ours and the peers in turn (3)")
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement (3)")
    parser.add_argument("--agents", type=int, default=3000, help="idle agents at one relay (3000)")
    parser.add_argument("--bin", metavar="DIR", help="programs built elsewhere; nothing is built then")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the programs' logs")
    parser.add_argument("--plan", action="store_true", help="only check the arguments")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"unknown benchmark {name}; there are {', '.join(NAMES)}")
    if arguments.plan:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every finally: no program is left running
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # thousands of tunnels end in one process
    work = tempfile.mkdtemp(prefix="layerline-bench.")
    about = facts()
    print(f"# {about['cpu']}, {about['cores']} cores, load {about['load']:.1f}; medians of {arguments.rounds} rounds "
          f"of {arguments.seconds:g} s", flush=True)
    measures, failed = Measures(), 0
    bench = Bench(arguments, work)
    try:
        for name in arguments.names or NAMES:
            try:
                importlib.import_module("measure_" + name).measure(bench, measures)
            except (Failed, OSError, subprocess.SubprocessError, ValueError, KeyError) as why:
                failed += 1
                print(f"{name}: could not be measured: {type(why).__name__}: {why}", file=sys.stderr, flush=True)
    finally:
        if arguments.json:
            measures.write(arguments.json, about)
        if arguments.keep or failed:
            print(f"# logs are in {work}", file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 2 if failed else 1 if measures.short() else 0


if __name__ == "__main__":
    sys.exit(main())
