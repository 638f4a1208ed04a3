"""A wire with every fault: millions of lines in virtual time, and a sample in real time beside Printrun's printcore."""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from measure_serial import Host
from processes import Failed, Program, wait_until


class Bench:
    def __init__(self, folder):
        self.bin = pathlib.Path(folder).resolve()


def sample(bench, name, options, drive):
    """One print over a bad port in real time; `drive` starts a host with a folder, the port and the file."""
    with tempfile.TemporaryDirectory() as folder:
        port, job, out = (os.path.join(folder, name) for name in ("port", "job.gcode", "port.out"))
        with open(out, "w") as stdout:
            wire = Program("bad-port", [bench.bin / "layerline-bench-bad-port", "--link", port, "--file", job, "--lines",
                                        options.sample, "--chance", options.chance], folder, stdout=stdout)

        def told():
            with open(out) as lines:
                whole = [line for line in lines if line.endswith("\n")]
            return [float(word) for word in whole[-1].split()] if whole else [0, 0, 0, 0]

        def at_its_end():
            executed, lost, _, _ = told()
            return executed + lost >= options.sample

        try:
            wait_until("the port", lambda: os.path.islink(port), program=wire)
            stop = drive(folder, port, job)
            begun = time.monotonic()
            while time.monotonic() - begun < options.patience and not at_its_end():
                time.sleep(0.2)
            took = time.monotonic() - begun
            whole = at_its_end()
            wire.stop()
            stop()
            executed, lost, doubled, longest = told()
            print(f"{name}: {executed:.0f} of {options.sample} lines carried out, {lost:.0f} lost, {doubled:.0f} doubled in "
                  f"{took:.0f} s{'' if whole else ', then given up'}; longest wait for a line {longest:.2f} s", flush=True)
            return whole and lost == 0 and doubled == 0 and longest <= 2
        finally:
            wire.stop(signal.SIGKILL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="build/package/bin", help="folder of the programs")
    parser.add_argument("--lines", type=int, default=10_000_000, help="in virtual time")
    parser.add_argument("--sample", type=int, default=3_000, help="lines in real time, ours and printcore's")
    parser.add_argument("--chance", type=float, default=0.01, help="of each fault, for each line")
    parser.add_argument("--patience", type=float, default=120, help="seconds of a sample")
    options = parser.parse_args()
    bench = Bench(options.bin)

    fine = True
    if options.lines > 0:
        fine = subprocess.run([bench.bin / "layerline-bench-wire-faults", "--lines", str(options.lines), "--chance",
                               str(options.chance)]).returncode == 0

    def ours(folder, port, job):
        host = Host(bench, folder, port, 115200)
        os.link(job, os.path.join(folder, "files", "gcode", "job.gcode"))
        host.start("job.gcode")
        return host.stop

    def printcore(folder, port, job):
        program = Program("printcore", ["printcore", "-b", "115200", port, job], folder)
        return lambda: program.stop(signal.SIGKILL)

    fine = sample(bench, "print host", options, ours) and fine
    sample(bench, "printcore", options, printcore)
    return 0 if fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(2)
