"""HTTP load by wrk, and what it measured."""
import json
import os
import subprocess

from processes import Failed

SCRIPT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('FIGURES {"requests":%d,"bytes":%d,"us":%d,"failed":%d,"p50":%d,"p95":%d,"p99":%d}\\n',
    summary.requests, summary.bytes, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""


class Load:
    """One wrk, begun at once. figures() waits for its end."""

    def __init__(self, bench, url, connections, seconds, token=None, method=None):
        script = os.path.join(bench.work, f"wrk-{method or 'GET'}.lua")
        if not os.path.exists(script):
            with open(script, "w") as out:
                out.write((f'wrk.method = "{method}"\n' if method else "") + SCRIPT)
        argv = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "20s", "-s",
                script]
        if token:
            argv += ["-H", f"Authorization: Bearer {token}"]
        self.url = url
        self.process = subprocess.Popen([*argv, url], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def figures(self):
        text, _ = self.process.communicate(timeout=300)
        line = next((line for line in text.splitlines() if line.startswith("FIGURES ")), None)
        if line is None:
            raise Failed(f"wrk said nothing of {self.url}: {text[-400:]}")
        found = json.loads(line[len("FIGURES "):])
        if found["requests"] == 0 or found["failed"] > found["requests"] / 1000:
            raise Failed(f"{found['failed']} of {found['requests']} requests for {self.url} failed")
        seconds = found["us"] / 1e6
        return {"requests": found["requests"], "rate": found["requests"] / seconds, "mb": found["bytes"] / seconds / 1e6, "p50": found["p50"],
                "p95": found["p95"], "p99": found["p99"]}


def load(bench, url, connections, token=None, by=()):
    """wrk for the time of one measurement. `by`: the programs that answer, for their CPU time a request ("us")."""
    before = sum(program.cpu_seconds() for program in by)
    one = Load(bench, url, connections, bench.seconds, token)
    found = one.figures()
    found["us"] = (sum(program.cpu_seconds() for program in by) - before) / found["requests"] * 1e6
    return found
