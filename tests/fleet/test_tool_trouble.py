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


class Scripted:
    """A store of which the script answers each command: bytes, or None for +OK. It is reached as `url`."""

    def __init__(self, script):
        self.script = script
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer, peer.makefile("rb") as file:
            try:
                for head in iter(file.readline, b""):
                    parts = [file.read(int(file.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]
                    peer.sendall((b"+PONG\r\n" if parts[0] == b"PING" else self.script(parts)) or b"+OK\r\n")
            except (OSError, ValueError):
                return

    def close(self):
        self.listener.close()


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def array(*items):
    return b"*%d\r\n%s" % (len(items), b"".join(items))


WRAP = """
import ctypes, sys
library, key = ctypes.CDLL(sys.argv[1]), bytes.fromhex(sys.argv[2])
class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("len", ctypes.c_size_t)]
library.hf_keyring_new.restype = ctypes.c_void_p
text = sys.stdin.buffer.read()
ring, out, length = ctypes.c_void_p(library.hf_keyring_new(None)), ctypes.create_string_buffer(65536), ctypes.c_size_t(65536)
assert library.hf_keyring_load(ring, Bytes(text, len(text)), None) == 0
assert library.hf_keyring_wrap(ring, Bytes(key, len(key)), out, ctypes.byref(length)) == 0
sys.stdout.buffer.write(out.raw[:length.value])
"""


def wrapped(begin):
    """A keyring whose only epoch began so many seconds ago, as it stands in a store."""
    now = int(time.time())
    text = "handfast keyring 1\nplan period 3600 life 14400 lead 600\n" \
           f"epoch 1 not_before {now - begin} encrypt_until {now - begin + 3600} decrypt_until {now - begin + 18000} secret {os.urandom(32).hex()}\n"
    library = os.path.join(os.path.dirname(TOOL), "libhandfast.so")
    env = dict(ENV)
    needs = subprocess.run(["ldd", library], capture_output=True, check=True).stdout.decode()
    sanitizer = re.search(r"=> (\S*lib[at]san\S*)", needs)
    if sanitizer:  # it must be there before Python is
        env.update(LD_PRELOAD=sanitizer.group(1), ASAN_OPTIONS="detect_leaks=0")
    with open(kek(), encoding="ascii") as f:
        done = subprocess.run([sys.executable, "-c", WRAP, library, f.read().strip()], input=text.encode(), capture_output=True, env=env, timeout=20)
    must(done.returncode == 0, done.stderr.decode())
    return done.stdout


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


# ---- a store that refuses what the keyring needs ----

def starts_and_warns(store, says, more=()):
    """A server whose keyring is in that store starts at once, and says once why it cannot be put there."""
    began = time.monotonic()
    server = fleet(store, "--session-kek", kek(), keys="store", count=1, auth="none")[0]
    must(time.monotonic() - began < 8, "it waited")
    must(server.said().count(says) == 1, server.said())
    must("cannot be used" not in server.said(), server.said())
    for text in more:
        eventually(lambda t=text: t in server.said(), 8, server.said)
    must(server.said().count(says) == 1, server.said())
    return server


@test
def a_server_starts_with_a_store_that_takes_no_keyring():
    store = Redis()
    store("SET", "hf:1:keyring", wrapped(3300))  # the next epoch is due
    before = store("GET", "hf:1:keyring")
    store("CONFIG", "SET", "maxmemory", "1")  # -OOM to every EVAL that writes
    server = starts_and_warns(store, "--session-keys store: the store refuses (OOM")
    must(server.stats()["epoch"] == 1, "the keys that were there are used")
    store("CONFIG", "SET", "maxmemory", "0")
    eventually(lambda: "rotated by this process, newest epoch 2" in server.said(), 8, server.said)
    must(store("GET", "hf:1:keyring") != before, "it is put when the store takes it")


@test
def a_server_starts_with_a_replica_that_takes_no_keyring():
    store = Redis()
    store("REPLICAOF", "127.0.0.1", store.port)  # itself: it has nothing, answers GET, and is read only
    server = starts_and_warns(store, "--session-keys store: the store refuses (READONLY")
    must(server.stats()["epoch"] == 0, "without keys nothing is resumed")
    store("REPLICAOF", "NO", "ONE")
    eventually(lambda: store("GET", "hf:1:keyring") is not None, 8, server.said)


@test
def keys_in_the_store_that_make_no_sessions_are_warned_of():
    store = Redis()
    store("SET", "hf:1:keyring", wrapped(7000))
    store("CONFIG", "SET", "maxmemory", "1")
    starts_and_warns(store, "the store refuses (OOM", ["no epoch of the keyring makes sessions now"])


@test
def a_hangup_while_a_slow_store_is_asked_is_not_forgotten():
    looked = []
    def script(parts):
        if parts[0] == b"GET":
            looked.append(time.monotonic())
            return b"$-1\r\n"
        if parts[0] == b"EVAL":
            time.sleep(1.6)
            return b":0\r\n"  # somebody was faster: look again, four times at most
        return None
    store = Scripted(script)
    server = fleet(store, "--session-kek", kek(), keys="store", count=1, auth="none")[0]
    server.signal(signal.SIGHUP)
    eventually(lambda: len(looked) >= 5, 12, looked)
    must(looked[3] - looked[0] < 5 < looked[3] - looked[0] + 1.6, f"the timer of 5 s goes off within the fourth: {looked}")
    must(looked[4] - looked[3] < 2.5, f"it is looked at again at once, not when the timer goes off the next time: {looked}")
    store.close()


@test
def a_wrong_key_still_keeps_a_server_from_starting():
    store = Redis()
    run("keyring", "init", "--session-store", store.url, "--session-kek", kek(), "-q")
    _, errors = run("serve", "127.0.0.1:0", "--cert", path("server.pem"), "--key", path("server.key"), "--session-store", store.url,
                    "--session-keys", "store", "--session-kek", kek("another-kek"), code=2)
    must("the keyring in the store cannot be used" in errors, errors)


@test
def the_keyring_tools_tell_a_store_that_refuses_from_a_wrong_key():
    store = Redis()
    store("CONFIG", "SET", "maxmemory", "1")
    where = ["--session-store", store.url, "--session-kek", kek()]
    _, errors = run("keyring", "init", *where, code=3)
    must("the session store: OOM" in errors and "--session-kek" not in errors, errors)


# ---- a keyring of another user's ----

@test
def root_rotates_for_a_service_that_is_not_root():
    if os.geteuid() != 0:
        note("only root may give a file away")
        return
    now = int(time.time())
    with open(os.open(path("theirs"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
        f.write("handfast keyring 1\nplan period 3600 life 14400 lead 600\n"
                f"epoch 1 not_before {now - 3300} encrypt_until {now + 300} decrypt_until {now + 14700} secret {os.urandom(32).hex()}\n")
    os.chown(path("theirs"), 12345, 12346)
    out, _ = run("keyring", "rotate", path("theirs"))
    about = os.stat(path("theirs"))
    must("newest epoch 2" in out and (about.st_uid, about.st_gid, about.st_mode & 0o777) == (12345, 12346, 0o600), f"{out}{about}")
    os.chmod(path("theirs"), 0o640)
    _, errors = run("keyring", "rotate", path("theirs"), code=2)
    must("others may read or change it" in errors, errors)


# ---- revoking and counting ----

@test
def revoking_under_what_is_no_name_is_refused():
    store = Redis()
    where = ["--session-store", store.url, "--session-keys", keyring()]
    for name in ["sha256:abcd", "cn:", "dns:a\tb", "x" * 299, "x" * 600, "sha256:" + "zz" * 32]:
        _, errors = run("session", "revoke", *where, "--san", "alice.example", "--san", name, code=2)
        must("is no name that a certificate can have" in errors, f"{name}: {errors}")
    out, _ = run("session", "revoke", *where, "--san", "sha256:" + "AB" * 32, "--serial", "00ff")
    must(out.count("0 sessions revoked") == 2, out)


def cluster(rows, names=()):
    """A node that says it is of a cluster with these slots."""
    def script(parts):
        if parts[0] == b"INFO":
            return bulk(b"# Cluster\r\ncluster_enabled:1\r\n")
        if parts[0] == b"CLUSTER":
            return rows(store.port) if callable(rows) else rows
        if parts[0] == b"SCAN":
            return array(bulk(b"0"), array(*[bulk(n) for n in names]))
        return b":1\r\n"
    store = Scripted(script)
    return store


def slots(port, first=0, last=16383):
    return array(b":%d\r\n" % first, b":%d\r\n" % last, array(bulk(b"127.0.0.1"), b":%d\r\n" % port))


@test
def a_cluster_that_is_not_seen_whole_is_not_called_walked():
    whole = cluster(lambda port: array(slots(port)))
    must(run("session", "revoke", "--session-store", whole.url, "--all")[0] == "0 sessions revoked\n", "a whole one")
    whole.close()
    for what, rows in [("a row without a server", lambda port: array(slots(port, 0, 8191), array(b":8192\r\n", b":16383\r\n"))),
                       ("a row of another kind", lambda port: array(slots(port, 0, 8191), b":7\r\n")),
                       ("a port of another kind", lambda port: array(slots(port, 0, 8191), array(b":8192\r\n", b":16383\r\n", array(bulk(b"x"), bulk(b"y"))))),
                       ("65 primaries", lambda port: array(slots(port, 0, 99), *[slots(20000 + i, 100 + i, 100 + i) for i in range(64)])),
                       ("none", lambda port: array()),
                       ("no list", lambda port: b":1\r\n")]:
        store = cluster(rows)
        _, errors = run("session", "revoke", "--session-store", store.url, "--all", code=3)
        must("the session store: " in errors, f"{what}: {errors}")
        _, errors = run("session", "stats", "--session-store", store.url, code=3)
        must("the session store: " in errors, f"{what}: {errors}")
        store.close()


@test
def a_node_of_a_cluster_alone_is_not_the_cluster():
    nodes = Cluster().nodes
    for command in [["stats"], ["revoke", "--all"]]:
        _, errors = run("session", *command, "--session-store", f"redis://127.0.0.1:{nodes[0].port}", code=3)
        must("the session store: MOVED" in errors and "?cluster" in errors, errors)


@test
def revoking_all_fails_while_servers_make_more():
    def script(parts):
        if parts[0] == b"INFO":
            return bulk(b"# Cluster\r\ncluster_enabled:0\r\n")
        if parts[0] == b"SCAN":
            return array(bulk(b"0"), array(bulk(b"hf:1:" + b"A" * 32)))
        return b":1\r\n"
    store = Scripted(script)
    out, errors = run("session", "revoke", "--session-store", store.url, "--all", code=3)
    must("sessions revoked" in out and "warning: " in errors and "again" in errors, out + errors)
    _, errors = run("session", "revoke", "--session-store", store.url, "--all", "-q", code=3)
    must("warning: " in errors, "also with -q")
    store.close()


@test
def what_a_store_says_of_itself_is_shown_without_control_characters():
    def script(parts):
        if parts[0] == b"INFO":
            return bulk(b"redis_version:7\x1b]0;owned\x07\r\nused_memory_human:1\x1b[2JM\r\nmaxmemory_human:\x9b1\r\nmaxmemory_policy:\x1bc\r\nevicted_keys:0\x00\r\n")
        if parts[0] == b"SCAN":
            return array(bulk(b"0"), array())
        return b":1\r\n"
    store = Scripted(script)
    done = subprocess.run([TOOL, "session", "stats", "--session-store", store.url], capture_output=True, env=ENV, timeout=20)
    must(done.returncode == 0 and b"Redis 7?]0;owned?" in done.stdout, done)
    must(all(c == 10 or 32 <= c < 127 for c in done.stdout), done.stdout)
    store.close()


if __name__ == "__main__":
    main()
