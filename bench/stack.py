"""Layerline's programs as an owner runs them: virtual printer, print host, relay, agent; paired, with tokens."""
import json
import os

from processes import Failed, Program, run, wait_until


class Stack:
    """Everything of one printer. `via` may put something between agent and relay: given the relay's port, gives another.
    With `moonraker`, the address of a running one, that is the printer. `cameras`: addresses of streams."""

    def __init__(self, bench, name, tls=False, via=None, host="127.0.0.1", agent_prefix=(), sizes=None, baud=250000,
                 speed=10, system_store=False, relay_only=False, moonraker=None, cameras=(), report=False):
        self.bench, self.folder, self.tls, self.system_store = bench, bench.folder(name), tls, system_store
        self.programs, self.agent_prefix = [], list(agent_prefix)
        self.moonraker, self.cameras, self.report = moonraker, cameras, report
        try:
            self.start_relay(host)
            if relay_only:
                return
            if not moonraker:
                self.start_printer(baud, speed)
            self.start_agent(host, via(self.relay_port) if via else self.relay_port, sizes or {})
            self.pair()
        except BaseException:
            self.stop()
            raise

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def add(self, name, argv, env=None):
        program = Program(name, argv, self.folder, env=env)
        self.programs.append(program)
        return program

    def ready(self, program, name):
        wait_until(f"{program.name} is ready", lambda: os.path.exists(self.path(name)), program=program)
        with open(self.path(name)) as text:
            return text.read()

    def start_printer(self, baud, speed):
        self.printer = self.add("printer", [self.bench.bin / "layerline-virtual-printer", "--link", self.path("port"),
                                            "--ready", self.path("printer.ready"), "--baud", baud, "--speed", speed,
                                            *(["--report", self.path("report.json")] if self.report else [])])
        self.ready(self.printer, "printer.ready")
        os.makedirs(self.path("agent", "files", "gcode"))
        os.chmod(self.path("agent"), 0o700)
        self.host = self.add("printhost", [
            self.bench.bin / "layerline-printhost", "--port", self.path("port"), "--baud", baud, "--socket",
            self.path("host.sock"), "--files", self.path("agent", "files"), "--state", self.path("host")])
        wait_until("the print host's socket", lambda: os.path.exists(self.path("host.sock")), program=self.host)

    def start_relay(self, host):
        config = ['[listen]', f'address = "{host}"', 'port = 0']
        if self.tls:
            run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                 self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "2", "-subj", "/CN=localhost", "-addext",
                 "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            config += [f'certificate = "{self.path("cert.pem")}"', f'private_key = "{self.path("key.pem")}"']
        config += ["[limits]", "requests_per_minute = 10000000", "requests_per_minute_per_address = 10000000",
                   "streams_per_token = 10000", "max_connections = 20000", "connections_per_address = 0", "[log]",
                   'requests = "failures"']
        with open(self.path("relay.toml"), "w") as out:
            out.write("\n".join(config) + "\n")
        self.start_relay_again()

    def start_relay_again(self, port=None):
        """With the same state, at the same port if one is given."""
        if os.path.exists(self.path("relay.ready")):
            os.unlink(self.path("relay.ready"))
        host = [] if port is None else ["--listen", f"127.0.0.1:{port}"]
        self.relay = self.add("relay", [self.bench.bin / "layerline-relay", "--config", self.path("relay.toml"), "--state",
                                        self.path("relay"), "--ready", self.path("relay.ready"), *host])
        self.url = json.loads(self.ready(self.relay, "relay.ready"))["url"]
        self.relay_port = int(self.url.rsplit(":", 1)[1])

    def start_agent(self, host, port, sizes):
        for name, size in sizes.items():
            with open(self.path("agent", "files", "gcode", name), "wb") as out:
                line = b"G1 X100.000 Y100.000 E1.00000\n"
                while size > 0:
                    piece = (line * 40_000)[:min(size, 1_200_000)]
                    out.write(piece)
                    size -= len(piece)
        relay = [f'urls = ["{"wss" if self.tls else "ws"}://{host}:{port}"]']
        env = None
        if self.tls and self.system_store:  # the whole store of the system, and our certificate as one more of it
            with open(self.path("store.pem"), "w") as out:
                for part in ("/etc/ssl/certs/ca-certificates.crt", self.path("cert.pem")):
                    with open(part) as text:
                        out.write(text.read())
            env = dict(os.environ, SSL_CERT_FILE=self.path("store.pem"))
        elif self.tls:
            relay.append(f'ca_file = "{self.path("cert.pem")}"')
        elif host != "127.0.0.1":
            relay.append("allow_insecure = true")
        if self.moonraker:
            printer = ['link = "moonraker"', f'url = "{self.moonraker}"']
        else:
            printer = [f'socket = "{self.path("host.sock")}"']
        cameras = [line for i, url in enumerate(self.cameras)
                   for line in ("[[cameras]]", f'name = "camera {i}"', f'stream_url = "{url}"')]
        with open(self.path("agent.toml"), "w") as out:
            out.write("\n".join(["[printer]", *printer, "[lan]", 'listen = "127.0.0.1:0"',
                                 "[relay]", *relay, "[files]", "reserve_mb = 16", "[limits]",
                                 "requests_per_minute = 10000000", "streams_per_token = 10000", "[log]",
                                 'requests = "failures"', *cameras]) + "\n")
        self.agent = self.add("agent", [*self.agent_prefix, self.bench.bin / "layerline-agent", "--config",
                                        self.path("agent.toml"), "--state", self.path("agent"), "--ready",
                                        self.path("agent.ready")], env)
        self.agent_id = json.loads(self.ready(self.agent, "agent.ready"))["agent_id"]

    def pair(self):
        agent = [self.bench.bin / "layerline-agent", "--state", self.path("agent")]
        relay = [self.bench.bin / "layerline-relay", "--state", self.path("relay")]

        def code():
            return (json.loads(run([*agent, "status", "--json"])).get("pairing") or {}).get("code")

        shown = wait_until("a pairing code", code, program=self.agent)

        def claimed():  # the code may still be on its way to the relay
            try:
                return run([*relay, "claim", shown, "--name", "bench"]) or True
            except Failed:
                return False

        wait_until("the relay takes the pairing code", claimed, program=self.relay)
        self.token = json.loads(run([*relay, "token", "create", "--name", "bench", "--scopes", "view,control,files",
                                     "--json"]))["secret"]
        wait_until("the printer answers through the relay", self.answers, 30, self.agent)

    def answers(self):
        text = run(["curl", "-sk", "-m", "5", "-H", f"Authorization: Bearer {self.token}", self.command("status")],
                   check=False)
        try:
            return json.loads(text)["Status"] == 200
        except (ValueError, KeyError, TypeError):
            return False

    def command(self, name):
        return f"{self.url}/printers/{self.agent_id}/plugin-api/v1/{name}"

    def download(self, name):
        return self.command(f"files/download?Path=gcode/{name}")

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
