"""Programs under measurement: started with their output in a log, watched in /proc, ended by their own process id."""
import os
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A benchmark could not be carried out; the text says why."""


class Program:
    """One running program and what it costs."""

    def __init__(self, name, argv, folder, stdout=None, env=None, cwd=None):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL,
                                            stdout=stdout or log, stderr=log, env=env, cwd=cwd)
        self.pid = self.process.pid

    def alive(self):
        return self.process.poll() is None

    def tail(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-8:])

    def pids(self):
        """The program and its descendants."""
        found, at = [self.pid], 0
        while at < len(found):
            try:
                for task in os.listdir(f"/proc/{found[at]}/task"):
                    with open(f"/proc/{found[at]}/task/{task}/children") as children:
                        found += [int(child) for child in children.read().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
            at += 1
        return found

    def cpu_seconds(self):
        """User and system time so far, of the program and its living children."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total / TICK

    def memory_kb(self):
        """(resident, anonymous part of it), in KiB."""
        resident = anonymous = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("VmRSS:"):
                        resident += int(line.split()[1])
                    elif line.startswith("RssAnon:"):
                        anonymous += int(line.split()[1])
        return resident, anonymous

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def switches(self):
        """Voluntary context switches so far, of all threads: how often it was woken."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status") as status:
                for line in status:
                    if line.startswith("voluntary_ctxt_switches:"):
                        total += int(line.split()[1])
        return total

    def stop(self, how=signal.SIGTERM, patience=20):
        if self.alive():
            self.process.send_signal(how)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_until(what, condition, seconds=20, program=None):
    """Polls until the condition gives something true, and gives that; fails with `what` in the text."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if program and not program.alive():
            raise Failed(f"{program.name} ended before {what}:\n{program.tail()}")
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s" + (f"\n{program.tail()}" if program else ""))
        time.sleep(0.02)


def run(argv, patience=60, env=None, check=True):
    """Runs a program to its end; its standard output."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=patience, env=env)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(str(a) for a in argv)} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout
