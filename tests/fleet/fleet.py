# SPDX-License-Identifier: MIT
"""What the fleet's tests are made of: session stores, servers, round-robin clients, certificates. Everything is on 127.0.0.1, and is
ended by its process id."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True
import certificates  # noqa: E402
import manual  # noqa: E402

from tap import ENV, Skip, Wrong, must, note, play, test  # noqa: E402, F401
from tap import PROGRAM as TOOL  # noqa: E402

PATIENCE = 30
BUDGET = 25  # milliseconds: serve's default
SLACK = 150  # milliseconds that a busy machine may keep a process from running; a store that is waited for takes seconds
folder = None  # of this run
running = []


def needs_package(program):
    """A test is skipped where no package source has its program (of the same name), and fails where one has and it is not installed."""
    if shutil.which(program):
        return
    if subprocess.run(["apt-cache", "show", program], capture_output=True, timeout=PATIENCE).returncode != 0:
        raise Skip(f"{program} is in none of the configured package sources")
    raise Wrong(f"{program} is not installed: ./dev setup test installs it")


def path(name):
    return os.path.join(folder, name)


def eventually(true, seconds, what):
    until = time.monotonic() + seconds
    while not true():
        must(time.monotonic() < until, f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def end_well():
    for server in [r for r in running if isinstance(r, Serve)]:
        server.end_well()


def end_all():
    for process in reversed(running[:]):
        process.end()


def main():
    """Runs the tests of the script that was started, or those whose names match its arguments; prints TAP."""
    global folder
    with tempfile.TemporaryDirectory(prefix="handfast-fleet-") as folder:
        make_pki()
        failed = play(end_well, end_all)
    sys.exit(failed)


# ---- programs ----

class Program:
    """A child with its output in a file."""

    def __init__(self, arguments, **more):
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=ENV, **more)
        running.append(self)

    def said(self):
        return os.pread(self.log.fileno(), 1 << 26, 0).decode("utf-8", "replace")

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)

    def end(self):
        self.kill()
        if self in running:
            running.remove(self)


ports = iter(())


def free_port():
    """Below the ephemeral range, so that no client's end is in the way when a store is started again."""
    global ports
    for port in ports:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    ports = iter(range(11000 + os.getpid() * 53 % 8000, 21000))
    return free_port()


# ---- session stores ----

def words(*arguments):
    out = b"*%d\r\n" % len(arguments)
    for a in arguments:
        a = a if isinstance(a, bytes) else str(a).encode()
        out += b"$%d\r\n%s\r\n" % (len(a), a)
    return out


class StoreError(Exception):
    pass


class Resp:
    """A connection to a store, for the tests' own look at it."""

    def __init__(self, port, timeout=5):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, *arguments):
        self.socket.sendall(words(*arguments))

    def read(self):
        line = self.file.readline()
        if not line:
            raise OSError("the store closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise StoreError(rest.decode())
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2]
        return [self.read() for _ in range(int(rest))]

    def __call__(self, *arguments):
        self.send(*arguments)
        return self.read()


class Redis:
    """One server of Redis, or of what speaks like it."""

    def __init__(self, *options, program="redis-server", url="redis://127.0.0.1:{port}"):
        self.program, self.options, self.port = program, options, free_port()
        self.url = url.format(port=self.port)
        self.start()

    def start(self):
        place = tempfile.mkdtemp(dir=folder)
        self.run = Program([shutil.which(self.program), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                            "--dir", place, *self.options])
        eventually(self.answers, PATIENCE, self.run.said)
        self.resp = None

    def answers(self):
        must(self.run.process.poll() is None, self.run.said())
        try:
            resp = Resp(self.port)
            resp("PING")
            resp.close()
            return True
        except StoreError:
            return True
        except OSError:
            return False

    def __call__(self, *arguments):
        if self.resp is None:
            self.resp = Resp(self.port)
        return self.resp(*arguments)

    def kill(self):
        self.run.kill()
        self.run.end()
        self.resp = None

    def end(self):
        self.run.end()

    def stop(self):
        self.run.signal(signal.SIGSTOP)

    def go_on(self):
        self.run.signal(signal.SIGCONT)

    def keys(self, pattern="hf:1:*"):
        return [k.decode() for k in self("KEYS", pattern)]

    def sessions(self):
        return [k for k in self.keys() if len(k) == len("hf:1:") + 32]

    def calls(self):
        """How often each command was called, from INFO commandstats; our own INFO and KEYS are left out."""
        found = re.findall(r"^cmdstat_([^:]+):calls=(\d+)", self("INFO", "commandstats").decode(), re.M)
        return {name: int(count) for name, count in found if name not in ("info", "keys", "command", "config|resetstat")}


class Cluster:
    """Three primaries of a Redis Cluster, each with a third of the slots."""

    def __init__(self):
        options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-config-file", "nodes.conf"]
        self.nodes = [Redis(*options) for _ in range(3)]
        third = 16384 // 3
        for i, node in enumerate(self.nodes):
            node("CLUSTER", "ADDSLOTSRANGE", i * third, 16383 if i == 2 else (i + 1) * third - 1)
            node("CONFIG", "SET", "cluster-require-full-coverage", "no")
        for node in self.nodes[1:]:
            self.nodes[0]("CLUSTER", "MEET", "127.0.0.1", node.port)
        # where full coverage is not asked for, a node says ok before it knows whose the others' slots are
        formed = {b"cluster_state:ok", b"cluster_known_nodes:3", b"cluster_slots_assigned:16384"}
        for node in self.nodes:
            eventually(lambda n=node: formed <= set(n("CLUSTER", "INFO").splitlines()), PATIENCE, "the cluster does not form")
        self.url = "redis://" + ",".join(f"127.0.0.1:{n.port}" for n in self.nodes[:2]) + "?cluster"

    def sessions(self):
        return [k for n in self.nodes for k in n.sessions()]


# ---- certificates ----

def issue(name, ca, usage, names, seconds=86400):
    """A certificate that is good for so many seconds."""
    until = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
    certificates.issue(folder, name, ca, f"/CN={name}", usage, names, until)


def make_pki():
    certificates.make_ca(folder, "ca")
    certificates.make_ca(folder, "ca2")
    issue("server", "ca", "serverAuth", "DNS:server.example,DNS:other.example")
    issue("alice", "ca", "clientAuth", "DNS:alice.example,email:alice@client.example")
    issue("bob", "ca", "clientAuth", "DNS:bob.example")
    with open(path("both.pem"), "w", encoding="ascii") as f:
        f.write(open(path("ca.pem"), encoding="ascii").read() + open(path("ca2.pem"), encoding="ascii").read())


# ---- servers ----

def run(*arguments, code=0, stdin=b""):
    done = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, env=ENV, timeout=PATIENCE)
    out, errors = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    must(code is None or done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}\n{out}{errors}")
    return out, errors


def keyring(name="keyring", *options):
    if not os.path.exists(path(name)):
        run("keyring", "init", path(name), "-q", *options)
    return path(name)


def kek(name="kek"):
    if not os.path.exists(path(name)):
        with open(os.open(path(name), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
            f.write(os.urandom(32).hex() + "\n")
    return path(name)


class Serve(Program):
    """handfast serve, with its reports as JSON."""

    def __init__(self, *options, ca="ca.pem", auth="request", port=0, log=True):
        about_clients = ["--client-auth", auth, "--ca", path(ca)] if auth != "none" else []
        super().__init__([TOOL, "serve", f"127.0.0.1:{port}", "--cert", path("server.pem"), "--key", path("server.key"), *about_clients,
                          "--json", "--stats", *(["-q"] if not log else []), *options])
        eventually(self.listens, PATIENCE, self.said)

    def end_well(self):
        """SIGTERM ends a server in order: what a sanitizer has to say shows here."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        must(code == 0, f"{self.said()[-2500:]}\na server ended with {code}")
        self.end()

    def listens(self):
        must(self.process.poll() is None, self.said())
        found = re.search(r"listening on .*:(\d+)$", self.said(), re.M)
        self.port = int(found.group(1)) if found else None
        return found is not None

    def lines(self, event):
        found = []
        for line in self.said().splitlines():
            if line.startswith(f'{{"event":"{event}"'):
                try:
                    found.append(json.loads(line))
                except ValueError:
                    pass  # being written
        return found

    def connections(self):
        return self.lines("connection")

    def stats(self):
        before = len(self.lines("sessions"))
        self.signal(signal.SIGUSR1)
        eventually(lambda: len(self.lines("sessions")) > before, PATIENCE, "no report after SIGUSR1")
        return self.lines("sessions")[-1]

    def waits(self):
        return [c["store_wait_ms"] for c in self.connections() if "store_wait_ms" in c]

    def memory(self):
        """Of the process, in MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1)) // 1024


def fleet(store, *options, count=3, keys=None, **more):
    keys = ["--session-keys", keys or keyring()]
    return [Serve("--session-store", store.url if hasattr(store, "url") else store, *keys, *options, **more) for _ in range(count)]


def patient_fleet(store, *options, **more):
    """Where it matters what is found and not how soon: the default budget of 25 ms has its tests in test_store_trouble.py."""
    return fleet(store, "--session-budget", "500", *options, **more)


# ---- clients ----

class Client:
    """A client of OpenSSL's that offers one session to whichever server is next. Python binds sessions to contexts: one of each."""

    def __init__(self, who=None, name="server.example", tickets=False, ca="ca.pem"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_verify_locations(path(ca))
        if not tickets:
            self.context.options |= ssl.OP_NO_TICKET
        if who:
            self.context.load_cert_chain(path(f"{who}.pem"), path(f"{who}.key"))
        self.name, self.session, self.slowest = name, None, 0.0

    def hello(self):
        """The ClientHello that offers its session."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_hostname=self.name, session=self.session)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return outgoing.read()

    def connect(self, port, name=None, keep=True):
        """Handshakes, closes in order; True when resumed. Raises what goes wrong."""
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            began = time.monotonic()
            with self.context.wrap_socket(raw, server_hostname=name or self.name, session=self.session, do_handshake_on_connect=False) as s:
                s.do_handshake()
                self.slowest = max(self.slowest, time.monotonic() - began)
                resumed = s.session_reused
                if keep:
                    self.session = s.session
                s.unwrap()
        return resumed


class Load:
    """Clients that go round the servers without a pause until they are told to end."""

    def __init__(self, servers, clients=3, who="alice", pause=0.004):
        self.servers, self.pause, self.over = servers, pause, False
        self.total = self.resumed = 0
        self.failures, self.lock = [], threading.Lock()
        self.threads = [threading.Thread(target=self.go_round, args=(i, Client(who))) for i in range(clients)]
        for t in self.threads:
            t.start()

    def go_round(self, i, client):
        while not self.over:
            i += 1
            try:
                resumed = client.connect(self.servers[i % len(self.servers)].port)
                with self.lock:
                    self.total += 1
                    self.resumed += resumed
            except Exception as e:  # pylint: disable=broad-except
                self.failures.append(repr(e))
                client.session = None
            time.sleep(self.pause)

    def some(self, count=30, seconds=PATIENCE):
        """Waits for so many more; (of which resumed, all)."""
        total, resumed = self.total, self.resumed
        eventually(lambda: self.total - total >= count or self.failures, seconds, f"only {self.total - total} handshakes")
        return self.resumed - resumed, self.total - total

    def resumes_again(self, seconds=12):
        """Waits until nearly all are resumed."""
        began = time.monotonic()
        until = began + seconds
        while True:
            resumed, total = self.some(24)
            if resumed >= total - 1:
                return time.monotonic() - began
            must(time.monotonic() < until, f"of {total} handshakes {resumed} were resumed, {seconds} s behind the trouble")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over = True
        for t in self.threads:
            t.join(PATIENCE)


def no_harm(load, servers, what, median=BUDGET):
    """No handshake failed, none waited longer for the store than it may, and most not until it was given up."""
    load.over = True
    for t in load.threads:
        t.join(PATIENCE)
    must(not load.failures, f"{what}: {len(load.failures)} of {load.total} handshakes failed: {load.failures[:3]}")
    eventually(lambda: sum(len(s.connections()) for s in servers) >= load.total, PATIENCE, "not every connection was reported")
    errors = [c["error"] for s in servers for c in s.connections() if c["error"]]
    must(not errors, f"{what}: {errors[:3]}")
    waits = sorted(w for s in servers for w in s.waits())
    must(waits and waits[len(waits) // 2] <= median, f"{what}: half of the handshakes waited {waits[len(waits) // 2:][:1]} ms or more for the store")
    must(waits[-1] <= BUDGET + SLACK, f"{what}: a handshake waited {waits[-1:]} ms for the store, with a budget of {BUDGET}")
    for s in servers:
        must(s.process.poll() is None, f"{what}: a server ended: {s.said()[-2000:]}")
    note(f"{what}: {load.total} handshakes, {load.resumed} resumed, none failed; waits for the store: median {waits[len(waits) // 2]:.2f} ms, "
         f"99 % {waits[len(waits) * 99 // 100]:.2f} ms, longest {waits[-1]:.2f} ms")
