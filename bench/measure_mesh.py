"""Whole programs on the same model files: the workshop beside admesh, MeshLab and f3d, and how it grows with the model.

Each figure is of a process from its start to its end, files read and written. Processor time (of all threads, the kernel's among it) stands
beside it, since it says more on a machine that has other work.
"""
import os
import subprocess
import time

from measures import at_most, no_more_than
from processes import Failed, Program, run, wait_until

QUARTERINGS = 8          # of an icosahedron: 1,310,720 triangles
TENTH = 131_072
TORUS_STEPS = {"0.1M": 224, "1.3M": 810, "5M": 1581}  # 2 * steps^2 triangles
QUADRIC = """<!DOCTYPE FilterScript>
<FilterScript>
 <filter name="Simplification: Quadric Edge Collapse Decimation">
  <Param type="RichInt" value="{faces}" name="TargetFaceNum"/>
  <Param type="RichFloat" value="0" name="TargetPerc"/>
  <Param type="RichFloat" value="0.3" name="QualityThr"/>
  <Param type="RichBool" value="false" name="PreserveBoundary"/>
  <Param type="RichFloat" value="1" name="BoundaryWeight"/>
  <Param type="RichBool" value="false" name="PreserveNormal"/>
  <Param type="RichBool" value="false" name="PreserveTopology"/>
  <Param type="RichBool" value="true" name="OptimalPlacement"/>
  <Param type="RichBool" value="false" name="PlanarQuadric"/>
  <Param type="RichFloat" value="0.001" name="PlanarWeight"/>
  <Param type="RichBool" value="false" name="QualityWeight"/>
  <Param type="RichBool" value="true" name="AutoClean"/>
  <Param type="RichBool" value="false" name="Selected"/>
 </filter>
</FilterScript>
"""


class Cost:
    """What one process took from its start to its end."""

    def __init__(self, argv, folder, codes=(0,), display=None):
        environment = dict(os.environ, **({"DISPLAY": display} if display else {}))
        with open(os.path.join(folder, "said.log"), "wb") as said:
            begun = time.monotonic()
            process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                       cwd=folder, env=environment)
            _, status, used = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            with open(os.path.join(folder, "said.log"), errors="replace") as said:
                raise Failed(f"{argv[0]} ended with {process.returncode}: {said.read()[-600:]}")
        self.cpu = used.ru_utime + used.ru_stime
        self.peak_bytes = used.ru_maxrss * 1024


class Display:
    """An X server without a screen, started once, beforehand: peers that draw are not charged for it."""

    def __init__(self, folder):
        self.told = os.path.join(folder, "display")
        begun = time.monotonic()
        with open(self.told, "wb") as out:
            self.program = Program("xvfb", ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
                                   folder, stdout=out)
        self.name = ":" + wait_until("the X server", self.number, program=self.program)
        self.seconds = time.monotonic() - begun

    def number(self):
        with open(self.told) as told:
            text = told.read()
        return text.strip() if text.endswith("\n") else None

    def stop(self):
        self.program.stop()


class Bench:
    """Programs and files of one run."""

    def __init__(self, bench):
        self.workshop, self.models = bench.bin / "layerline-workshop", bench.bin / "layerline-bench-models"
        self.folder = bench.folder("mesh")

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, kind, size, name):
        run([self.models, "make", kind, str(size), self.path(name)], patience=120)

    def judged(self, name):
        """Triangles, open and crowded edges."""
        return [int(word) for word in run([self.models, "judge", self.path(name)], patience=120).split()]

    def apart(self, name, other):
        return float(run([self.models, "compare", self.path(name), self.path(other)], patience=300))

    def model(self, *words, codes=(0,)):
        return Cost([self.workshop, "model", *words], self.folder, codes)


def operations(model, triangles):
    """Our operations on a file, as the command line has them; reduced to a tenth."""
    return {
        "analyse": ["analyse", model],
        "repair": ["repair", model, "-o", "out.stl"],
        "reduce": ["reduce", model, "-o", "reduced.stl", "--accuracy-mm", "1", "--max-angle", "90", "--least-triangles",
                   str(triangles // 10)],
        "thumbnail": ["thumbnail", model, "-o", "out.png", "--width", "1024", "--height", "1024"],
        "wall-thickness": ["wall-thickness", model, "-o", "out.stl", "--minimal-wall-thickness-mm", "0.8",
                           "--accuracy-wall-thickness", "2"],
        "shrinkwrap-smooth": ["shrinkwrap", model, "-o", "out.stl", "--accuracy", "smooth"],
        "hollow-2mm": ["hollow", model, "-o", "out.stl", "--wall-thickness-mm", "2"],
    }


def beside_peers(bench, at, measures, display):
    """Ours and the peers in turn, on the clean sphere and the damaged one."""
    with open(at.path("quadric.mlx"), "w") as out:
        out.write(QUADRIC.format(faces=TENTH))
    ours = operations("clean.stl", 10 * TENTH)
    pairs = {
        "analyse": (ours["analyse"], ["admesh", "--exact", "clean.stl"], "admesh-exact", None, (0,)),
        "repair": (["repair", "broken.stl", "-o", "repaired.stl"], ["admesh", "-b" + at.path("admesh.stl"), "broken.stl"],
                   "admesh", at_most(0.5), (0,)),
        "reduce-to-10%": (ours["reduce"], ["meshlabserver", "-i", "clean.stl", "-o", "meshlab.stl", "-s", "quadric.mlx"],
                          "MeshLab", at_most(1 / 15), (0,)),
        "thumbnail-1024": (ours["thumbnail"], ["f3d", "clean.stl", "--output", "f3d.png", "--resolution", "1024,1024"], "f3d",
                           at_most(0.5), (0,)),
    }
    costs = {name: ([], []) for name in pairs}
    for _ in range(bench.rounds):
        for name, (words, peer, _, _, codes) in pairs.items():
            costs[name][0].append(at.model(*words, codes=codes))
            costs[name][1].append(Cost(peer, at.folder, display=display))
    for name, (_, _, which, goal, _) in pairs.items():
        one, other = costs[name]
        measures.add("mesh", f"{name}-s", [c.seconds for c in one], [c.seconds for c in other], which, goal)
        measures.add("mesh", f"{name}-cpu-s", [c.cpu for c in one], [c.cpu for c in other], which)
        measures.add("mesh", f"{name}-peak-bytes/triangle", [c.peak_bytes / (10 * TENTH) for c in one],
                     [c.peak_bytes / (10 * TENTH) for c in other], which)
    repaired, admesh = at.judged("repaired.stl"), at.judged("admesh.stl")
    measures.add("mesh", "repaired-open-edges", [repaired[1]], [admesh[1]], "admesh", no_more_than(0))
    measures.add("mesh", "repaired-non-manifold-edges", [repaired[2]], [admesh[2]], "admesh", no_more_than(0))
    reduced, meshlab = at.judged("reduced.stl"), at.judged("meshlab.stl")
    measures.add("mesh", "reduced-triangles", [reduced[0]], [meshlab[0]], "MeshLab", at_most(1))
    measures.add("mesh", "reduced-surface-error-mm", [at.apart("clean.stl", "reduced.stl")],
                 [at.apart("clean.stl", "meshlab.stl")], "MeshLab", at_most(1))


def alone(bench, at, measures):
    """What has no peer here: triangles a second, whole process, on as many cores as there are."""
    for name in ("wall-thickness", "shrinkwrap-smooth", "hollow-2mm"):
        words = operations("clean.stl", 10 * TENTH)[name]
        costs = [at.model(*words) for _ in range(bench.rounds)]
        measures.add("mesh", f"{name}-triangles/s", [10 * TENTH / c.seconds for c in costs])
        measures.add("mesh", f"{name}-cpu-s", [c.cpu for c in costs])
        measures.add("mesh", f"{name}-cores", [c.cpu / c.seconds for c in costs])
        measures.add("mesh", f"{name}-peak-bytes/triangle", [c.peak_bytes / (10 * TENTH) for c in costs])


def growth(at, measures):
    """Seconds and processor seconds for each million triangles, of smooth tori of the same size; one run each."""
    for size, steps in TORUS_STEPS.items():
        at.make("torus", steps, "torus.stl")
        millions = 2 * steps * steps / 1e6
        for name, words in operations("torus.stl", 2 * steps * steps).items():
            cost = at.model(*words)
            measures.add("mesh", f"{name}-{size}-s/M", [cost.seconds / millions])
            measures.add("mesh", f"{name}-{size}-cpu-s/M", [cost.cpu / millions])
            measures.add("mesh", f"{name}-{size}-peak-bytes/triangle", [cost.peak_bytes / millions / 1e6])


def measure(bench, measures):
    at = Bench(bench)
    at.make("sphere", QUARTERINGS, "clean.stl")
    at.make("broken", QUARTERINGS, "broken.stl")
    display = Display(at.folder)
    try:
        measures.add("mesh", "xvfb-start-s", [display.seconds])
        beside_peers(bench, at, measures, display.name)
    finally:
        display.stop()
    alone(bench, at, measures)
    growth(at, measures)
