# SPDX-License-Identifier: MIT
"""Tests of the tool in Python: functions marked with @test, played by play(), which prints TAP."""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(os.environ.get("HF_BUILD", os.path.join(TOP, "build")), "handfast")
ENV = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
ENV.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
tests = []


def test(function):
    tests.append((function.__name__.replace("_", " "), function))
    return function


class Wrong(Exception):
    pass


def must(true, what):
    if not true:
        raise Wrong(what)


def play():
    """All, or those whose name has one of the words of the command line; 1 when one failed."""
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    chosen = [(name, function) for name, function in tests if not wanted or any(w in name for w in wanted)]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Exception as problem:  # whatever went wrong, the others still run
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in f"{type(problem).__name__}: {problem}".splitlines():
                print(f"# {line}", flush=True)
    return 1 if failed else 0
