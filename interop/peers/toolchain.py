# SPDX-License-Identifier: MIT
"""Stacks that are libraries of a language: a program of ours in that language, compiled once in a run, with one command line for all."""

import os
import re
import subprocess
import threading

from processes import Mismatch

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
COMPILING = 400  # Go compiles its standard library the first time
AGREED = re.compile(r"^agreed (.*)$", re.MULTILINE)


def first_line(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split("\n")[0]


class Toolchain:
    """prepare(folder) compiles into a folder of the build and returns the words that start the program."""

    def __init__(self, name, package, prepare, **knows):
        self.name, self.package, self.prepare = name, package, prepare
        self.tells_resumed = knows.get("tells_resumed", True)  # the line of a connection says whether it was resumed
        self.names_peer = knows.get("names_peer", True)  # and whose certificate was shown
        self.forgets_server = knows.get("forgets_server", False)  # but not where a client resumed
        self.gives_again = knows.get("gives_again", True)  # tickets in resumed connections too
        self.lock, self.words, self.problem = threading.Lock(), None, None

    def program(self, stage):
        with self.lock:
            if self.words is None and self.problem is None:
                folder = os.path.join(stage.build, "interop", self.name.split()[0].lower())
                os.makedirs(folder, exist_ok=True)
                try:
                    self.words = self.prepare(folder)
                except (OSError, subprocess.SubprocessError) as problem:
                    told = (getattr(problem, "stderr", b"") or b"").decode("utf-8", "replace")
                    self.problem = f"{problem} {told}".strip()
        if self.problem:
            raise Mismatch(f"{self.name}: its program does not compile (package {self.package}): {self.problem}")
        return self.words

    def server(self, stage, **asked):
        """cert, key, ca (then it requires client certificates), min, max, groups, count."""
        words, port = self.program(stage), stage.ports.take()
        process = stage.start(f"{words[0].split('/')[-1]}-server", [*words, "server", port, *pairs(asked)])
        process.listens(port)
        process.port = port
        return process

    def client(self, stage, port, **asked):
        words = self.program(stage)
        return stage.start(f"{words[0].split('/')[-1]}-client", [*words, "client", port, *pairs(asked)])


def pairs(asked):
    return [f"{key}={value}" for key, value in asked.items() if value]


def compiled(argv, folder, **environment):
    subprocess.run(argv, cwd=folder, env=dict(os.environ, **environment), check=True, timeout=COMPILING, capture_output=True, stdin=subprocess.DEVNULL)


def agreements(process):
    """What the program says of its connections, in their order: a dictionary for each."""
    return [dict(word.split("=", 1) for word in line.split()) for line in AGREED.findall(process.stdout.decode())]
