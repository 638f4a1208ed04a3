"""The slice service beside the bare engine and Slic3r: whole requests over HTTP, from the POST until the result is there.

The service's processor time is its own and that of all its ended children, which the kernel adds up for it.
"""
import http.client
import json
import os
import shutil
import threading
import time

from measures import at_most, no_more_than
from measure_mesh import Cost
from processes import TICK, Failed, Program, run, wait_until

BALL, LARGE_BALL = 6, 7  # quarterings of an icosahedron: 81,920 and 327,680 triangles, 100 mm across
TORUS_STEPS = {"0.1M": 224, "1.3M": 810, "5M": 1581}  # 2 * steps^2 triangles, 20 mm high
LAYER_HEIGHTS = {"250": 400, "1000": 100, "5000": 20}  # of the large ball: layers, microns
BOX = b"".join(b"".join([b"facet normal 0 0 0\nouter loop\n",
                         *[b"vertex %d %d %d\n" % corner for corner in corners], b"endloop\nendfacet\n"])
               for quad in [((0, 0, 0), (0, 20, 0), (20, 20, 0), (20, 0, 0)), ((0, 0, 20), (20, 0, 20), (20, 20, 20), (0, 20, 20)),
                            ((0, 0, 0), (20, 0, 0), (20, 0, 20), (0, 0, 20)), ((0, 20, 0), (0, 20, 20), (20, 20, 20), (20, 20, 0)),
                            ((0, 0, 0), (0, 0, 20), (0, 20, 20), (0, 20, 0)), ((20, 0, 0), (20, 20, 0), (20, 20, 20), (20, 0, 20))]
               for corners in (quad[:3], (quad[0], quad[2], quad[3])))
ENGINE = "/usr/bin/prusa-slicer"
AS_JOBS = ["nice", "-n", "10"]  # the service's jobs stand behind all else, and so must the peers


class Sliced:
    """What one request took, from its POST until its result was there."""

    def __init__(self, seconds, cpu, answer, most_resident_kb):
        self.seconds, self.cpu, self.answer = seconds, cpu, answer
        self.peak_bytes = most_resident_kb * 1024
        # What the service itself does, by its own log.
        self.own_seconds = sum(step["stepTime"] for step in answer["steps"] if step["stepName"] != "Create Slices") / 1000


class Service:
    """A workshop of its own state and port."""

    def __init__(self, bench, folder):
        self.bin, self.folder = bench.bin / "layerline-workshop", folder
        with open(self.path("workshop.toml"), "w") as out:
            out.write('[metrics]\nlisten = "127.0.0.1:0"\n[jobs]\nat_once = 2\nwhile_printing = "run"\nmemory_mb = 4096\n')
        ready = self.path("ready")
        self.program = Program("workshop", [self.bin, "--state", self.path("state"), "--config", self.path("workshop.toml"), "serve",
                                            "--listen", "127.0.0.1:0", "--ready", ready], folder)
        wait_until("the workshop is ready", lambda: os.path.exists(ready), program=self.program)
        with open(ready) as told:
            self.host = json.load(told)["url"].split("//")[1]
        made = run([self.bin, "--state", self.path("state"), "token", "create", "--name", "bench", "--scopes", "files", "--json"])
        self.head = {"authorization": "Bearer " + json.loads(made)["secret"]}
        self.asked = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def ask(self, method, target, body=None, codes=(200, 201, 202)):
        way = http.client.HTTPConnection(self.host, timeout=120)
        way.request(method, target, body, self.head)
        answer = way.getresponse()
        text = answer.read()
        way.close()
        if answer.status not in codes:
            raise Failed(f"{method} {target}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    def upload(self, name):
        with open(self.path(name), "rb") as content:
            return self.ask("POST", "/models/v1/files?name=part.stl", content)["fileId"]

    def cpu(self):
        with open(f"/proc/{self.program.pid}/stat") as stat:
            return sum(int(field) for field in stat.read().rsplit(")", 1)[1].split()[11:15]) / TICK

    def request(self, file, mode, settings):
        wish = {"printer": "ender-3", "material": "pla", "quality": "0.2", "mode": mode, "model": [{"hash": file}], "settings": settings}
        return json.dumps(self.ask("POST", "/slices/v1/requests", json.dumps(wish)))

    def fresh(self):
        """Settings that no request had: the service would give an earlier result at once."""
        self.asked += 1
        return {"bed": {"temperature": 60 + self.asked // 20, "firstLayersTemperature": 60 + self.asked % 20}}

    def ended(self, identity):
        """Follows the job's events to the end, as a client would: whoever asks again and again takes time from what is measured."""
        way = http.client.HTTPConnection(self.host, timeout=600)
        way.request("GET", f"/slices/v1/{identity}/events", headers=self.head)
        answer = way.getresponse()
        while answer.readline():
            pass
        way.close()
        return self.ask("GET", "/slices/v1/" + identity)

    def looked_at(self, identity, keep):
        """Asks again and again, for the most memory on the way; `keep`, if told, gets the engine's own input."""
        most = 0
        while True:
            told = self.ask("GET", "/slices/v1/" + identity)
            if told["state"] not in ("queued", "running"):
                return told, most
            try:
                most = max(most, self.program.memory_kb()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
            if keep:
                self.copy_work(keep)
            time.sleep(0.02)

    def slice(self, file, mode, settings=None, keep=None, peak=False):
        text = self.request(file, mode, self.fresh() if settings is None else settings)
        before, begun = self.cpu(), time.monotonic()
        identity = self.ask("POST", "/slices/v1", text)["id"]
        told, most = self.looked_at(identity, keep) if keep or peak else (self.ended(identity), 0)
        seconds = time.monotonic() - begun
        if told["state"] != "succeeded":
            raise Failed(f"the slice ended: {json.dumps(told)[:600]}")
        wait_until("its process has ended", lambda: len(self.program.pids()) == 1, program=self.program)
        return Sliced(seconds, self.cpu() - before, told["data"], most)

    def copy_work(self, into):
        for folder, _, names in os.walk(self.path("state")):
            if "settings.ini" in names:
                try:
                    shutil.copy(os.path.join(folder, "settings.ini"), into)
                    shutil.copy(os.path.join(folder, "project.3mf"), into)
                except FileNotFoundError:  # gone since
                    pass

    def stop(self):
        self.program.stop()


def make_models(bench, at):
    for name, kind, size in [("ball.stl", "sphere", BALL), ("large.stl", "sphere", LARGE_BALL),
                             *[(f"torus-{size}.stl", "torus", steps) for size, steps in TORUS_STEPS.items()]]:
        run([bench.bin / "layerline-bench-models", "make", kind, str(size), at.path(name)], patience=120)
    with open(at.path("box.stl"), "wb") as out:
        out.write(b"solid box\n" + BOX + b"endsolid box\n")


def beside_engine(bench, at, measures):
    """The same file with the same settings, by the bare engine; and the very project that the service hands to it.

    The difference is a few hundredths of what is measured: it takes more rounds than a ratio.
    """
    for name in ("box", "ball"):
        file = at.upload(name + ".stl")
        at.slice(file, "gcode", keep=at.folder)  # begins the service's processes' pages, and leaves the engine's input
        common = [ENGINE, "--datadir", at.path("engine"), "--load", at.path("settings.ini"), "--export-gcode", "--output",
                  at.path("bare.gcode")]
        ours, bare, project = [], [], []
        for _ in range(3 * bench.rounds):
            ours.append(at.slice(file, "gcode"))
            bare.append(Cost([*AS_JOBS, *common, "--center", "110,110", at.path(name + ".stl")], at.folder))
            project.append(Cost([*AS_JOBS, *common, "--dont-arrange", at.path("project.3mf")], at.folder))
        measures.add("slice", f"gcode-{name}-s", [s.seconds for s in ours], [c.seconds for c in bare], "prusa-slicer")
        measures.add("slice", f"gcode-{name}-over-1.05x-s", [s.seconds - 1.05 * c.seconds for s, c in zip(ours, bare)],
                     goal=no_more_than(0.2))
        measures.add("slice", f"gcode-{name}-of-its-project-s", [s.seconds for s in ours], [c.seconds for c in project], "prusa-slicer")
        measures.add("slice", f"gcode-{name}-cpu-s", [s.cpu for s in ours], [c.cpu for c in bare], "prusa-slicer")
        measures.add("slice", f"gcode-{name}-own-steps-s", [s.own_seconds for s in ours])


def beside_slic3r(bench, at, measures):
    file = at.upload("large.stl")
    at.slice(file, "svg")
    ours, peer = [], []
    for _ in range(bench.rounds):
        ours.append(at.slice(file, "svg"))
        peer.append(Cost([*AS_JOBS, "slic3r", "--export-svg", "--layer-height", "0.2", "-o", at.path("slic3r.svg"), at.path("large.stl")], at.folder))
    measures.add("slice", "svg-cpu-s", [s.cpu for s in ours], [c.cpu for c in peer], "slic3r", at_most(0.3))
    measures.add("slice", "svg-s", [s.seconds for s in ours], [c.seconds for c in peer], "slic3r")


def two_at_once(bench, at, measures):
    """How much sooner two different requests are done beside each other than one after the other."""
    for mode, name in (("svg", "large.stl"), ("gcode", "ball.stl")):
        file = at.upload(name)
        gains = []
        for _ in range(bench.rounds):
            after = at.slice(file, mode).seconds + at.slice(file, mode).seconds
            settings = [at.fresh(), at.fresh()]
            failed = []

            def one(wish):
                try:
                    text = at.request(file, mode, wish)
                    at.ended(at.ask("POST", "/slices/v1", text)["id"])
                except (Failed, OSError) as why:
                    failed.append(why)

            begun = time.monotonic()
            both = [threading.Thread(target=one, args=(wish,)) for wish in settings]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
            if failed:
                raise Failed(str(failed[0]))
            gains.append(after / (time.monotonic() - begun))
        measures.add("slice", f"two-{mode}-jobs-at-once-gain", gains)


def again(bench, at, measures):
    file = at.upload("ball.stl")
    settings = at.fresh()
    first = at.slice(file, "gcode", settings)
    measures.add("slice", "gcode-again-ms", [at.slice(file, "gcode", settings).seconds * 1000 for _ in range(bench.rounds)],
                 [first.seconds * 1000] * bench.rounds, "the first time")


def growth(at, measures):
    """One run each."""
    for size, steps in TORUS_STEPS.items():
        file, millions = at.upload(f"torus-{size}.stl"), 2 * steps * steps / 1e6
        drawn = at.slice(file, "svg", peak=True)
        measures.add("slice", f"svg-{size}-cpu-s/M", [drawn.cpu / millions])
        measures.add("slice", f"svg-{size}-peak-bytes/triangle", [drawn.peak_bytes / millions / 1e6])
        if size != "5M":
            measures.add("slice", f"gcode-{size}-own-steps-s/M", [at.slice(file, "gcode").own_seconds / millions])
    large = at.upload("large.stl")
    for layers, height in LAYER_HEIGHTS.items():
        settings = at.fresh()
        for section in ("layers", "bottom", "top"):
            settings[section] = {"layerHeight": height}
        drawn = at.slice(large, "svg", settings)
        measures.add("slice", f"svg-{layers}-layers-cpu-ms/layer", [drawn.cpu * 1000 / drawn.answer["layers"]])


def measure(bench, measures):
    if not os.path.exists(ENGINE) or not shutil.which("slic3r"):
        raise Failed("prusa-slicer or slic3r is not installed")
    at = Service(bench, bench.folder("slice"))
    try:
        make_models(bench, at)
        beside_engine(bench, at, measures)
        beside_slic3r(bench, at, measures)
        again(bench, at, measures)
        two_at_once(bench, at, measures)
        growth(at, measures)
    finally:
        at.stop()
