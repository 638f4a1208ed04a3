"""Figures of one run: rounds with ours and the peer's side by side, medians, goals, and the lines that are printed."""
import json
import statistics


def at_least(times):
    return Goal("ratio", ">=", times)


def at_most(times):
    return Goal("ratio", "<=", times)


def no_less_than(value):
    return Goal("ours", ">=", value)


def no_more_than(value):
    return Goal("ours", "<=", value)


class Goal:
    """What a figure shall reach: ours itself, or its ratio to the peer's."""

    def __init__(self, what, how, bound):
        self.what, self.how, self.bound = what, how, bound

    def met(self, ours, ratio):
        value = ratio if self.what == "ratio" else ours
        if value is None:
            return False
        return value >= self.bound if self.how == ">=" else value <= self.bound

    def __str__(self):
        return f"{self.how}{self.bound:g}" + ("x" if self.what == "ratio" else "")


def figure(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


class Measures:
    """Collects what the benchmarks find, and prints each line as soon as it is known."""

    def __init__(self):
        self.rows = []

    def add(self, name, measure, ours, peer=None, which="-", goal=None):
        """`ours` and `peer` are one value a round, of the same rounds. A row without goal is there to be known."""
        middle = statistics.median(ours)
        other = statistics.median(peer) if peer else None
        pairs = [a / b for a, b in zip(ours, peer) if b] if peer else []
        ratio = statistics.median(pairs) if pairs else None
        met = goal.met(middle, ratio) if goal else None
        verdict = "" if met is None else "ok" if met else "short"
        print(f"{name}  {measure}  ours={figure(middle)} peer={figure(other)} ({which}) ratio={figure(ratio)} "
              f"goal={goal or '-'} {verdict}".rstrip(), flush=True)
        self.rows.append({"name": name, "measure": measure, "ours": middle, "peer": other, "which": which,
                          "ratio": ratio, "goal": str(goal) if goal else None, "met": met,
                          "rounds": {"ours": list(ours), "peer": list(peer or [])}})

    def write(self, path, facts):
        with open(path, "w") as out:
            json.dump({"machine": facts, "measures": self.rows}, out, indent=1)
            out.write("\n")

    def short(self):
        return [row for row in self.rows if row["met"] is False]
