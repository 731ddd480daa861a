# SPDX-License-Identifier: MIT
"""Tests of the tool in Python: functions marked with @test, played by play(), which prints TAP."""
import os
import re
import sys
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HF_BUILD", os.path.join(TOP, "build"))
PROGRAM = os.path.join(BUILD, "handfast")
ENV = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
ENV.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
TOLD = 3000  # characters, the last ones, of what is wrong
tests = []


def test(function):
    tests.append((function.__name__.replace("_", " "), function))
    return function


class Wrong(Exception):
    pass


class Skip(Exception):
    """Why a test cannot be made here."""


def must(true, what):
    if not true:
        raise Wrong(str(what)[-TOLD:])


def note(text):
    print("# " + text, flush=True)


def play_one(number, name, function):
    """False when it failed; whatever went wrong, the others still run."""
    try:
        function()
        print(f"ok {number} - {name}", flush=True)
    except Skip as reason:
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
    except Exception as problem:  # pylint: disable=broad-except
        print(f"not ok {number} - {name}", flush=True)
        for line in (str(problem) if isinstance(problem, Wrong) else traceback.format_exc()).splitlines():
            note(line)
        return False
    return True


def play(well=None, end=None):
    """All tests, or those whose name matches an argument of the command line; 1 when one failed. well() belongs to each test that went
    well and may fail it; end() is called behind each, however it went."""
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    chosen = [(name, function) for name, function in tests if not wanted or any(re.search(w, name) for w in wanted)]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(chosen, 1):
        began = time.monotonic()

        def whole(function=function):
            function()
            if well:
                well()
        try:
            failed += not play_one(number, name, whole)
        finally:
            if end:
                end()
        if end:
            note(f"{time.monotonic() - began:.1f} s")
    return 1 if failed else 0
