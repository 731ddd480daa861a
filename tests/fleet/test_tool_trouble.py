#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tool where the store refuses, lies or forgets: servers start and warn, commands do not claim what they did not do. Prints TAP."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from fleet import ENV, TOOL, Cluster, Redis, eventually, fleet, free_port, kek, keyring, main, must, note, path, run, test


# ---- a question behind an answer ----

@test
def what_is_asked_behind_a_lookup_is_answered():
    store = Redis()
    with open(path("badge"), "wb") as f:
        f.write(b"badge 17")
    supplemental = ["--supplemental", "65300:" + path("badge"), "--unsafe-supplemental-in-clear"]
    first = fleet(store, *supplemental, count=1, auth="none", port=free_port())[0]
    mine = ["--sni", "server.example", "--ca", path("ca.pem"), "--handshake-timeout", "5", *supplemental]
    run("connect", f"127.0.0.1:{first.port}", *mine, "--session-out", path("lost"))
    must(len(store.sessions()) == 1, store.keys())
    store("FLUSHALL")
    first.end_well()
    second = fleet(store, *supplemental, count=1, auth="none", port=first.port)[0]
    _, errors = run("connect", f"127.0.0.1:{first.port}", *mine, "--session-in", path("lost"), "--json")
    said = [json.loads(line) for line in errors.splitlines() if line.startswith("{")][0]
    must(not said["resumed"] and bytes.fromhex(said["supplemental"][0]["data"]) == b"badge 17", errors)
    must(second.stats()["resumption"]["unknown"] == 1, second.stats())


if __name__ == "__main__":
    main()
