#!/usr/bin/env python3
"""Compares what the virtual printer executed with the file that was printed.

usage: check-report.py FILE.gcode REPORT.json

Every motion and state line of the file must have been executed exactly once and in order. Between them only the print
host's own lines may stand (keeping the steppers on at the start; parking and going on at a pause; the end), in few and
short groups: a line that was doubled or made up in the middle of the print shows as a group of its own.
"""
import json
import re
import sys

MAX_GROUPS, MAX_GROUP = 6, 24
# Not in the report (see docs/virtual-printer.md), or not sent (M0, M1). The waits below become waits of the print host.
SILENT = re.compile(r"^(M0|M1|M105|M108|M11[0-5]|M119|M154|M155|M400|M410|M503|M876)\b")
HOST_WAITS = {"M109": "M104", "M190": "M140", "M191": "M141"}


def file_lines(path):
    with open(path, encoding="latin-1", newline="") as file:
        for raw in file:
            line = raw.split(";", 1)[0].strip()
            if line and not SILENT.match(line):
                yield line


def same(executed, wanted):
    if executed == wanted:
        return True
    word, _, rest = wanted.partition(" ")
    return word in HOST_WAITS and executed == (HOST_WAITS[word] + " " + rest.replace("R", "S")).strip()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wanted = list(file_lines(sys.argv[1]))
    with open(sys.argv[2], encoding="utf-8") as file:
        report = json.load(file)
    executed = [entry["command"].strip() for entry in report["executed"]]

    at, groups, in_group = 0, [], False
    for command in executed:
        if at < len(wanted) and same(command, wanted[at]):
            at, in_group = at + 1, False
            continue
        if not in_group:
            groups.append([at])
            in_group = True
        groups[-1].append(command)
    faults = []
    if at < len(wanted):
        faults.append("line %d of %d never came: %s" % (at + 1, len(wanted), wanted[at]))
    if len(groups) > MAX_GROUPS or any(len(group) - 1 > MAX_GROUP for group in groups):
        faults.append("%d groups of lines that are not the file's" % len(groups))
    print("%d of %d lines of the file were executed, each once and in order; %d lines were the print host's own."
          % (at, len(wanted), sum(len(group) - 1 for group in groups)))
    figures = {name: value for name, value in report.items() if name != "executed"}
    print(json.dumps(figures, separators=(", ", ": ")))
    for fault in faults:
        print("WRONG: " + fault)
    for group in groups if faults else []:
        print("  before line %d: %s" % (group[0] + 1, "; ".join(group[1:9])))
    sys.exit(1 if faults else 0)


main()
