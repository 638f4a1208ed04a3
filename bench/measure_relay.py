"""A relay that starts again under its agents: how long until the last of them is back."""
import time

from crowd import Crowd
from stack import Stack


def measure(bench, measures):
    for tls in (False, True):
        stack = Stack(bench, "restart-tls" if tls else "restart", tls=tls, relay_only=True)
        crowd = None
        try:
            crowd = Crowd(bench, stack, bench.agents)
            crowd.wait(bench.agents, 60 + bench.agents / 20)
            back, first = [], []
            for _ in range(bench.rounds):
                stack.relay.stop()
                crowd.wait(0, 30)
                began = time.monotonic()
                stack.start_relay_again(stack.relay_port)
                while crowd.up() == 0 and time.monotonic() < began + 60:
                    time.sleep(0.02)
                first.append(time.monotonic() - began)
                crowd.wait(bench.agents, 180)
                back.append(time.monotonic() - began)
            name = "tls" if tls else "plain"
            measures.add("relay", f"restart-{name}-{bench.agents}-agents-first-back-s", first)
            measures.add("relay", f"restart-{name}-{bench.agents}-agents-last-back-s", back)
        finally:
            if crowd:
                crowd.stop()
            stack.stop()
