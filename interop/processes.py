# SPDX-License-Identifier: MIT
"""Programs started for one case: every one has a log, a deadline, and is ended by its process id."""

import os
import socket
import subprocess
import threading
import time

POLL = 0.004
LISTENING = "0A"  # state column of /proc/net/tcp


class Mismatch(Exception):
    """What a case saw is not what it must see."""


class Ports:
    """Loopback ports below the kernel's ephemeral range, none handed out twice in one run."""

    def __init__(self, first=20100, last=31900):
        self.first, self.last = first, last
        self.next = first + os.getpid() * 37 % (last - first)
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            for _ in range(self.last - self.first):
                self.next = self.first if self.next >= self.last else self.next + 1
                if bindable(self.next):
                    return self.next
        raise Mismatch("no free loopback port")


def bindable(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def listening(port):
    """Read the kernel's table rather than connect: a probe connection would count as a client."""
    wanted = f":{port:04X}"
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        try:
            with open(table) as rows:
                for row in rows:
                    columns = row.split()
                    if columns[1].endswith(wanted) and columns[3] == LISTENING:
                        return True
        except OSError:
            continue
    return False


class Process:
    """A program with its output in files, so that nothing blocks on a pipe nobody reads."""

    def __init__(self, stage, name, argv, stdin=b"", env=None):
        self.name, self.argv = name, [str(word) for word in argv]
        stem = os.path.join(stage.folder, f"{len(stage.processes):02d}-{name}")
        self.out_path, self.err_path = stem + ".out", stem + ".err"
        environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
        environment.update(env or {})
        source = self.open_stdin(stem, stdin)
        try:
            with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
                self.child = subprocess.Popen(
                    self.argv, stdin=source, stdout=out, stderr=err, cwd=stage.folder, env=environment
                )
        except OSError as problem:
            raise Mismatch(f"cannot start {self.argv[0]}: {problem.strerror}") from problem
        finally:
            if source not in (subprocess.PIPE, subprocess.DEVNULL):
                source.close()
        stage.processes.append(self)

    @staticmethod
    def open_stdin(stem, stdin):
        """bytes: that, then EOF · a path: that file, then EOF · "pipe": held open until close_stdin()."""
        if stdin == "pipe":
            return subprocess.PIPE
        if stdin == b"":
            return subprocess.DEVNULL
        if isinstance(stdin, bytes):
            with open(stem + ".in", "wb") as file:
                file.write(stdin)
            stdin = stem + ".in"
        return open(stdin, "rb")

    @property
    def pid(self):
        return self.child.pid

    @property
    def stdout(self):
        with open(self.out_path, "rb") as file:
            return file.read()

    @property
    def stderr(self):
        with open(self.err_path, "rb") as file:
            return file.read()

    @property
    def text(self):
        return (self.stdout + b"\n" + self.stderr).decode("utf-8", "replace")

    @property
    def exited(self):
        return self.child.poll() is not None

    def write(self, octets):
        try:
            self.child.stdin.write(octets)
            self.child.stdin.flush()
        except OSError as problem:
            raise Mismatch(f"{self.name} stopped reading its input: {problem.strerror}") from problem

    def write_later(self, octets):
        """Feed a long input while the caller watches the other side."""

        def feed():
            try:
                self.write(octets)
            except Mismatch:
                pass  # what is missing at the other end tells the story

        threading.Thread(target=feed, daemon=True).start()

    def close_stdin(self):
        if self.child.stdin and not self.child.stdin.closed:
            try:
                self.child.stdin.close()
            except OSError:
                pass

    def until(self, seen, what, timeout=10.0):
        """Poll until seen() is true; an exit or the deadline is a failure naming what was awaited."""
        deadline = time.monotonic() + timeout
        while True:
            result = seen()
            if result:
                return result
            if self.exited:
                result = seen()
                if result:
                    return result
                raise Mismatch(f"{self.name} ended with {self.child.returncode} before {what}")
            if time.monotonic() > deadline:
                raise Mismatch(f"{self.name}: no {what} within {timeout:g} s")
            time.sleep(POLL)

    def says(self, words, timeout=10.0):
        self.until(lambda: words in self.text, f"output with {words!r}", timeout)

    def listens(self, port, timeout=10.0):
        self.until(lambda: listening(port), f"listening on port {port}", timeout)

    def wait(self, timeout=15.0):
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Mismatch(f"{self.name} still running after {timeout:g} s") from None

    def end(self):
        self.close_stdin()
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(2)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(5)


def printable(line):
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


class Stage:
    """Where one case plays: a folder, the programs started in it, and what must be closed after."""

    def __init__(self, folder, pki, ports, program, build):
        self.folder, self.pki, self.ports = folder, pki, ports
        self.program, self.build = program, build
        self.processes, self.closers = [], []

    def start(self, name, argv, stdin=b"", env=None):
        return Process(self, name, argv, stdin, env)

    def run(self, name, argv, stdin=b"", timeout=15.0):
        process = self.start(name, argv, stdin)
        process.wait(timeout)
        return process

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def keep(self, closer):
        self.closers.append(closer)
        return closer

    def close(self):
        for process in reversed(self.processes):
            process.end()
        for closer in reversed(self.closers):
            closer.close()

    def diagnosis(self, lines=14):
        """The command lines and the last words of every program, for the report of a failure."""
        told = []
        for process in self.processes:
            code = process.child.returncode
            state = "running" if code is None else f"exit {code}"
            told.append(f"$ {' '.join(process.argv)}   [{state}]")
            for stream, octets in (("out", process.stdout), ("err", process.stderr)):
                text = octets[-4000:].decode("utf-8", "replace")
                kept = [line for line in text.splitlines() if line.strip()][-lines:]
                told += [f"  {stream}| {printable(line[:240])}" for line in kept]
        return told
