"""The peers: nginx as origin and as a chain of two proxies, and ssh -R. Own configurations and keys, own ports."""
import os
import pwd
import socket

from processes import Program, run, wait_until

BODY = b"G1 X100.000 Y100.000 E1.00000\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nginx:
    """One nginx with Debian's settings and the servers given. `keep`: connections to what is behind are kept, and its
    buffers are 64 KiB; else both are as nginx has them without a word."""

    def __init__(self, bench, name, folder, root=None, behind=None, keep=False):
        self.port = free_port()
        base = os.path.join(folder, name)
        os.makedirs(base)
        if root:
            place = f"root {root};"
        else:
            place = "proxy_pass http://behind;"
            if keep:
                place += (' proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffer_size 64k;'
                          " proxy_buffers 8 64k; proxy_busy_buffers_size 128k;")
        pool = f"upstream behind {{ server 127.0.0.1:{behind}; {'keepalive 64;' if keep else ''} }}" if behind else ""
        user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
        temporary = " ".join(f"{kind}_temp_path {base}/{kind};"
                             for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(base, "nginx.conf"), "w") as out:
            out.write(f"""{user} daemon off; master_process off; worker_processes 1; pid {base}/pid;
error_log {base}/error.log;
events {{ worker_connections 768; }}
http {{ sendfile on; tcp_nopush on; access_log off; keepalive_requests 100000000; {temporary}
{pool}
server {{ listen 127.0.0.1:{self.port}; location / {{ {place} }} }} }}
""")
        self.program = Program(name, ["/usr/sbin/nginx", "-p", base, "-c", os.path.join(base, "nginx.conf"), "-e",
                                      os.path.join(base, "error.log")], folder)
        wait_until(f"{name} listens", lambda: listens(self.port), program=self.program)

    def stop(self):
        self.program.stop()


class Ssh:
    """ssh -R to an sshd of our own: the same way as a tunnel goes."""

    def __init__(self, folder, origin):
        base = os.path.join(folder, "ssh")
        os.makedirs(base, mode=0o700)
        for key in ("host", "client"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(base, key)])
        self.made = None
        if os.getuid() == 0 and not os.path.isdir("/run/sshd"):  # sshd wants it; nothing else uses it
            os.makedirs("/run/sshd", mode=0o755)
            self.made = "/run/sshd"
        door = free_port()
        self.port = free_port()
        with open(os.path.join(base, "sshd.conf"), "w") as out:
            out.write(f"""Port {door}
ListenAddress 127.0.0.1
HostKey {base}/host
AuthorizedKeysFile {base}/client.pub
PidFile {base}/sshd.pid
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding yes
""")
        self.server = Program("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", os.path.join(base, "sshd.conf")], folder)
        wait_until("sshd listens", lambda: listens(door), program=self.server)
        self.client = Program("ssh", [
            "ssh", "-F", "/dev/null", "-N", "-i", os.path.join(base, "client"), "-p", door, "-o", "IdentitiesOnly=yes",
            "-o", f"UserKnownHostsFile={base}/known", "-o", "StrictHostKeyChecking=accept-new", "-o",
            "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{self.port}:127.0.0.1:{origin}",
            f"{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1"], folder)
        wait_until("ssh forwards", lambda: listens(self.port), program=self.client)

    def stop(self):
        self.client.stop()
        self.server.stop()
        if self.made:
            os.rmdir(self.made)


class Peers:
    """An origin with the files, and the ways to it."""

    def __init__(self, bench, sizes):
        self.folder = bench.folder("peers")
        self.all = []
        root = os.path.join(self.folder, "files")
        os.makedirs(root)
        for name, size in sizes.items():
            with open(os.path.join(root, name), "wb") as out:
                out.write((BODY * (size // len(BODY) + 1))[:size])
        try:
            self.origin = self.add(Nginx(bench, "origin", self.folder, root=root))
            inner = self.add(Nginx(bench, "inner", self.folder, behind=self.origin.port))
            self.chain = self.add(Nginx(bench, "outer", self.folder, behind=inner.port))
            inner = self.add(Nginx(bench, "inner-kept", self.folder, behind=self.origin.port, keep=True))
            self.kept_chain = self.add(Nginx(bench, "outer-kept", self.folder, behind=inner.port, keep=True))
            self.kept = [self.origin, inner, self.kept_chain]
            self.ssh = self.add(Ssh(self.folder, self.origin.port))
        except BaseException:
            self.stop()
            raise

    def add(self, peer):
        self.all.append(peer)
        return peer

    @staticmethod
    def url(peer, name):
        return f"http://127.0.0.1:{peer.port}/{name}"

    def stop(self):
        for peer in reversed(self.all):
            peer.stop()
