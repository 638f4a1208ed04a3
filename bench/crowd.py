"""Thousands of agents at one relay."""
import os

from processes import Program, wait_until


class Crowd:
    """One process with `count` agents, paired with the stack's relay."""

    def __init__(self, bench, stack, count, answer_bytes=1024):
        self.count, self.out = count, stack.path("agents.out")
        self.ids = stack.path("agents.ids")
        scheme = "wss" if stack.tls else "ws"
        trust = ["--ca-file", stack.path("cert.pem")] if stack.tls else []
        with open(self.out, "w") as stdout:
            self.program = Program("agents", [
                bench.bin / "layerline-bench-agents", "--url", f"{scheme}://127.0.0.1:{stack.relay_port}", *trust, "--control",
                stack.path("relay", "control.sock"), "--ids", self.ids, "--count", count, "--answer-bytes", answer_bytes],
                stack.folder, stdout=stdout)

    def up(self):
        with open(self.out) as lines:
            whole = [line for line in lines if line.endswith("\n")]
        return int(whole[-1]) if whole else 0

    def wait(self, count, seconds):
        wait_until(f"{count} agents at the relay", lambda: self.up() == count, seconds, self.program)

    def stop(self):
        self.program.stop()
        if os.path.exists(self.ids):
            os.unlink(self.ids)
