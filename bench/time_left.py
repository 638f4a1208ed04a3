"""How right the time left is: sliced files, each timed by Klipper's own planner, and what would have been told on the way.

The truth is Klipper's: its host program runs a file in batch mode and tells at every few lines how far the print's clock
is. Beside ours stand the slicer's estimate less the time gone, and the time gone by the share of the file, as Moonraker's
pages show them. Pauses and heating are left out.
"""
import argparse
import concurrent.futures
import math
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

MARK_EVERY_BYTES = 2000
TOLD_AT = [share / 100 for share in range(5, 100, 5)]  # of the true time

# What the slicer believes of the printer, and what the printer is: as believed, timid, quick.
MACHINES = {
    "as-believed": {"max_accel": 1500, "square_corner_velocity": 6, "max_velocity": 300, "max_z_velocity": 12},
    "slow": {"max_accel": 700, "square_corner_velocity": 4, "max_velocity": 150, "max_z_velocity": 5},
    "quick": {"max_accel": 6000, "square_corner_velocity": 8, "max_velocity": 400, "max_z_velocity": 25},
}
QUALITIES = {
    "draft": ["--layer-height", "0.3", "--first-layer-height", "0.3", "--perimeters", "2", "--fill-density", "12%"],
    "usual": ["--layer-height", "0.2", "--first-layer-height", "0.2", "--perimeters", "2", "--fill-density", "20%",
              "--remaining-times"],
    "fine": ["--layer-height", "0.12", "--first-layer-height", "0.2", "--perimeters", "3", "--fill-density", "15%",
             "--fill-pattern", "gyroid"],
    "propped": ["--layer-height", "0.25", "--first-layer-height", "0.25", "--fill-density", "40%",
                "--support-material", "--remaining-times"],
}


def turned(profile, sides, twist=0.0):
    """Triangles of a body of rotation from its outline (radius, z), turned by `twist` radians a millimetre."""
    def at(i, j):
        radius, z = profile[i]
        angle = 2 * math.pi * j / sides + twist * z
        return radius * math.cos(angle), radius * math.sin(angle), z
    faces = []
    for i in range(len(profile) - 1):
        for j in range(sides):
            a, b, c, d = at(i, j), at(i, (j + 1) % sides), at(i + 1, (j + 1) % sides), at(i + 1, j)
            faces += [(a, b, c), (a, c, d)]
    for end, flip in ((0, True), (len(profile) - 1, False)):
        middle = (0.0, 0.0, profile[end][1])
        for j in range(sides):
            a, b = at(end, j), at(end, (j + 1) % sides)
            faces.append((middle, b, a) if flip else (middle, a, b))
    return faces


def box(x0, y0, z0, x1, y1, z1):
    corner = [(x, y, z) for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)]
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return [(corner[q[0]], corner[q[i]], corner[q[i + 1]]) for q in quads for i in (1, 2)]


def shapes():
    ring = [(20 + 6 * math.cos(t), 6 + 6 * math.sin(t)) for t in [-math.pi / 2 + math.pi * i / 24 for i in range(25)]]
    pegs = box(0, 0, 0, 60, 40, 3)
    for x in range(5, 60, 10):
        for y in range(5, 40, 10):
            pegs += box(x - 1.6, y - 1.4, 2.5, x + 1.4, y + 1.7, 15)
    return {
        "cube": box(0, 0, 0, 25, 25, 25),
        "plate": box(0, 0, 0, 80, 60, 2),
        "pegs": pegs,
        "ball": turned([(15 * math.sin(t), 15 - 15 * math.cos(t)) for t in
                        [0.15 + (math.pi - 0.3) * i / 40 for i in range(41)]], 60),
        "tower": turned([(9 + 2 * math.sin(z / 4), z) for z in range(0, 61)], 6, twist=0.03),
        "ring": turned(ring, 80),
        "mushroom": turned([(5, 0), (5, 18), (18, 19), (18, 24), (3, 30)], 48),
        "cone": turned([(18, 0), (0.8, 40)], 64),
    }


def write_stl(path, faces):
    # Normals that are not all zero: a slicer that sees no byte over 127 takes the file for text.
    with open(path, "wb") as out:
        out.write(b"time left".ljust(80, b" ") + struct.pack("<I", len(faces)))
        for face in faces:
            out.write(struct.pack("<3f", 0, 0, -1) + b"".join(struct.pack("<3f", *point) for point in face) + b"\0\0")


def slice_file(stl, gcode, quality):
    subprocess.run(
        ["prusa-slicer", "--export-gcode", "--gcode-flavor", "marlin2", "--nozzle-diameter", "0.4",
         "--filament-diameter", "1.75", "--temperature", "210", "--bed-shape", "0x0,200x0,200x200,0x200",
         "--machine-limits-usage", "time_estimate_only", "--machine-max-acceleration-extruding", "1500",
         "--machine-max-acceleration-x", "1500", "--machine-max-acceleration-y", "1500",
         *QUALITIES[quality], "--output", gcode, stl],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)


def printer_config(path, machine):
    axes = "".join(
        f"[stepper_{axis}]\nstep_pin: gpio{pin}\ndir_pin: gpio{pin + 1}\nenable_pin: !gpio{pin + 2}\nmicrosteps: 16\n"
        f"rotation_distance: {turn}\nendstop_pin: gpio{pin + 3}\nposition_endstop: 0\nposition_max: 250\n"
        for axis, pin, turn in (("x", 0, 40), ("y", 4, 40), ("z", 8, 8)))
    limits = "".join(f"{key}: {value}\n" for key, value in MACHINES[machine].items())
    path.write_text(
        f"[mcu]\nserial: /dev/null\n[printer]\nkinematics: cartesian\nmax_z_accel: 200\n{limits}{axes}"
        "[extruder]\nstep_pin: gpio12\ndir_pin: gpio13\nenable_pin: !gpio14\nmicrosteps: 16\nrotation_distance: 33.5\n"
        "nozzle_diameter: 0.4\nfilament_diameter: 1.75\nheater_pin: gpio15\nsensor_type: EPCOS 100K B57560G104F\n"
        "sensor_pin: analog0\ncontrol: watermark\nmin_temp: -200\nmax_temp: 300\nmin_extrude_temp: -200\n"
        "max_extrude_only_distance: 200\nmax_extrude_cross_section: 50\n"
        "[heater_bed]\nheater_pin: gpio16\nsensor_type: EPCOS 100K B57560G104F\nsensor_pin: analog1\n"
        "control: watermark\nmin_temp: -200\nmax_temp: 130\n[fan]\npin: gpio17\n"
        "[gcode_macro MARK]\ngcode:\n"
        '  {action_respond_info("MARK %s %.3f" % (params.B, printer.toolhead.print_time))}\n')


def truth(klipper, folder, gcode, machine):
    """[(seconds since the first move, bytes of the file)], by Klipper's planner."""
    marked, log = folder / "marked.gcode", folder / "klippy.log"
    offset, last = 0, 0
    with open(gcode, "rb") as source, open(marked, "wb") as out:
        out.write(b"MARK B=0\n")
        for line in source:
            out.write(line)
            offset += len(line)
            if offset - last >= MARK_EVERY_BYTES:
                out.write(b"MARK B=%d\n" % offset)
                last = offset
        out.write(b"\nM400\nMARK B=%d\n" % offset)
    printer_config(folder / "printer.cfg", machine)
    subprocess.run(["/usr/bin/python3", klipper / "klippy" / "klippy.py", folder / "printer.cfg", "-i", marked, "-o",
                    "/dev/null", "-d", klipper / "out" / "klipper.dict", "-l", log],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1200)
    marks = [(float(seconds), int(at)) for at, seconds in re.findall(r"MARK (\d+) ([\d.]+)", log.read_text())]
    if not marks or marks[-1][1] != offset:
        raise RuntimeError(f"Klipper did not get through {gcode}: see {log}")
    moves = [mark for mark in marks if mark[0] > marks[0][0]]
    return [(seconds - marks[0][0], at) for seconds, at in moves]


def slicer_seconds(gcode):
    found = re.search(r"estimated printing time \(normal mode\) = (.*)", pathlib.Path(gcode).read_text())
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([dhms])", found.group(1)))


def errors_of(binary, klipper, work, name, stl, quality, machine):
    """Absolute errors of what was told, as shares of the whole print: {who: [error at each of TOLD_AT]}."""
    folder = work / f"{name}-{quality}-{machine}"
    folder.mkdir()
    gcode = folder / "part.gcode"
    slice_file(stl, gcode, quality)
    marks = truth(klipper, folder, gcode, machine)
    whole, size, slicer = marks[-1][0], gcode.stat().st_size, slicer_seconds(gcode)
    told = subprocess.run([binary, gcode], input="".join(f"{at} {byte}\n" for at, byte in marks), text=True,
                          capture_output=True, check=True, timeout=60).stdout.split("\n")
    found = {"ours": [], "slicer": [], "file": []}
    for share in TOLD_AT:
        i = next(i for i, mark in enumerate(marks) if mark[0] >= share * whole)
        at, byte = marks[i]
        answers = {"ours": told[i].split()[1], "slicer": max(0, slicer - at), "file": at / (byte / size) - at}
        for who, answer in answers.items():
            if answer != "-":
                found[who].append(abs(float(answer) - (whole - at)) / whole)
    shutil.rmtree(folder)
    return {"name": f"{name} {quality} {machine}", "minutes": whole / 60, "size": size, "errors": found}


def p90(values):
    return sorted(values)[min(len(values) - 1, int(0.9 * len(values)))]


def main():
    parser = argparse.ArgumentParser(prog="bench/time_left.sh", description="How right the time left is.")
    parser.add_argument("--klipper", required=True, metavar="DIR",
                        help="a checkout of Klipper with out/klipper.dict of a build for a Linux process")
    parser.add_argument("--files", type=int, default=32, help="how many files (32)")
    parser.add_argument("--bin", metavar="DIR", help="programs built elsewhere; nothing is built then")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    binary = (pathlib.Path(arguments.bin).resolve() if arguments.bin else root / "build" / "package" / "bin") \
        / "layerline-bench-time-left"
    klipper = pathlib.Path(arguments.klipper).resolve()
    work = pathlib.Path(tempfile.mkdtemp(prefix="layerline-time-left."))
    bodies = shapes()
    for name, faces in bodies.items():
        write_stl(work / f"{name}.stl", faces)
    every = [(name, quality, machine) for i, name in enumerate(bodies) for j, quality in enumerate(QUALITIES)
             for machine in [list(MACHINES)[(i + j) % len(MACHINES)]]][:arguments.files]
    every += [(name, "usual", machine) for machine in MACHINES for name in bodies
              if (name, "usual", machine) not in every][:max(0, arguments.files - len(every))]
    rows = []
    try:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [pool.submit(errors_of, binary, klipper, work, name, work / f"{name}.stl", quality, machine)
                    for name, quality, machine in every]
            for job in concurrent.futures.as_completed(jobs):
                row = job.result()
                rows.append(row)
                print(f"{row['name']:32} {row['minutes']:6.1f} min  mean error %: " + "  ".join(
                    f"{who} {100 * statistics.mean(errors):.1f}" if errors else f"{who} -"
                    for who, errors in row["errors"].items()), flush=True)
    except (OSError, RuntimeError, subprocess.SubprocessError) as why:
        print(f"could not be measured: {why}\n{getattr(why, 'stderr', '') or ''}\n{work} is left", file=sys.stderr)
        return 2
    shutil.rmtree(work)
    figures = {who: [error for row in rows for error in row["errors"][who]] for who in ("ours", "slicer", "file")}
    for who, errors in figures.items():
        print(f"time-left  {who}: median {100 * statistics.median(errors):.2f} %  p90 {100 * p90(errors):.2f} % of the print, "
              f"{len(errors)} answers, {len(rows)} files")
    worse = any(of(figures["ours"]) > min(of(figures["slicer"]), of(figures["file"])) for of in (statistics.median, p90))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
