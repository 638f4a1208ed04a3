"""A slow uplink: the agent in a network namespace of its own, behind a veth pair that tbf holds to 1 Mbit/s.

Made with ip and tc as root, under names that hold our process id, and taken away again.
"""
import os

from processes import Failed, run

RATE_BITS = 1_000_000
QUEUE_MS = 200  # what a small router's uplink queue holds


class Uplink:
    def __init__(self):
        if os.getuid() != 0:
            raise Failed("a network namespace needs root")
        tag = str(os.getpid())
        self.space, self.here, self.there = "ll" + tag, "lla" + tag[-8:], "llb" + tag[-8:]
        self.relay_address, self.agent_address = "10.213.57.1", "10.213.57.2"
        self.made = False
        try:
            run(["ip", "netns", "add", self.space])
            self.made = True
            run(["ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there, "netns", self.space])
            run(["ip", "addr", "add", self.relay_address + "/30", "dev", self.here])
            run(["ip", "link", "set", self.here, "up"])
            for words in (["addr", "add", self.agent_address + "/30", "dev", self.there], ["link", "set", self.there, "up"],
                          ["link", "set", "lo", "up"]):
                run(["ip", "-n", self.space, *words])
            run(["tc", "-n", self.space, "qdisc", "add", "dev", self.there, "root", "tbf", "rate", f"{RATE_BITS}bit", "burst",
                 "3kb", "latency", f"{QUEUE_MS}ms"])
        except BaseException:
            self.stop()
            raise

    def prefix(self):
        """Before a program that shall run behind the uplink."""
        return ["ip", "netns", "exec", self.space]

    def sent_bytes(self):
        """Bytes that went through the uplink, headers included."""
        return int(run(self.prefix() + ["cat", f"/sys/class/net/{self.there}/statistics/tx_bytes"]))

    def stop(self):
        if self.made:
            run(["ip", "netns", "del", self.space], check=False)  # the veth pair goes with it
            self.made = False
