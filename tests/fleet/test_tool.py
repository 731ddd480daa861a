#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""handfast keyring, session and the sessions of connect: files, refusals, two at once. Prints TAP."""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time

from fleet import ENV, TOOL, Client, Program, Redis, Serve, eventually, fleet, free_port, issue, kek, keyring, main, manual, must, path, run, test

SERVE = ["serve", "0"]


def identity():
    return ["--cert", path("server.pem"), "--key", path("server.key")]


def read(name):
    with open(path(name), encoding="ascii") as f:
        return f.read()


def write(name, text, mode=0o600):
    if os.path.exists(path(name)):
        os.unlink(path(name))
    with open(os.open(path(name), os.O_CREAT | os.O_WRONLY, mode), "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path(name), mode)
    return path(name)


def due(name):
    """A keyring whose next epoch is due, and one of whose epochs is over."""
    now = int(time.time())
    lines = ["handfast keyring 1", "plan period 3600 life 14400 lead 600"]
    for number, begin in [(3, now - 40000), (4, now - 3300)]:
        lines.append(f"epoch {number} not_before {begin} encrypt_until {begin + 3600} decrypt_until {begin + 18000} secret {os.urandom(32).hex()}")
    return write(name, "\n".join(lines) + "\n")


def epochs(text):
    return [int(n) for n in re.findall(r"^epoch (\d+)", text, re.M)]


# ---- keyrings in files ----

@test
def a_keyring_is_made_private_and_never_overwritten():
    out, _ = run("keyring", "init", path("k1"))
    must("mode 0600" in out and stat.S_IMODE(os.stat(path("k1")).st_mode) == 0o600, out)
    before = read("k1")
    _, errors = run("keyring", "init", path("k1"), code=2)
    must("it exists, and is not overwritten" in errors and read("k1") == before, errors)
    must([f for f in os.listdir(os.path.dirname(path("k1"))) if f.startswith("k1.")] == [], "a file was left behind")
    run("keyring", "init", path("k2"), "-q", "--period", "60", "--life", "1680", "--lead", "59")
    must("plan period 60 life 1680 lead 59" in read("k2"), read("k2"))
    for options in [["--period", "59"], ["--period", "60", "--lead", "60"], ["--life", "86401"], ["--period", "60", "--life", "1681"]]:
        _, errors = run("keyring", "init", path("k3"), *options, code=2)
        must("such a keyring cannot be: --period is at least 60" in errors and not os.path.exists(path("k3")), errors)


@test
def show_says_the_times_in_words_and_no_secret():
    due("k4")
    out, _ = run("keyring", "show", path("k4"))
    must("epoch 3: is over" in out and "epoch 4: makes sessions now" in out and "makes sessions until" in out, out)
    must("(in 5 min)" in out or "(in 4 min)" in out, out)
    must(not re.search(r"[0-9a-f]{16}", out), "a secret is shown")


@test
def rotate_makes_what_is_due_once_and_wipes_what_is_over():
    due("k5")
    out, _ = run("keyring", "rotate", path("k5"))
    must("rotated, newest epoch 5" in out and epochs(read("k5")) == [4, 5], out + read("k5"))
    must(stat.S_IMODE(os.stat(path("k5")).st_mode) == 0o600, "mode")
    before = read("k5")
    must("nothing is due" in run("keyring", "rotate", path("k5"))[0] and read("k5") == before, "twice")
    must(run("keyring", "rotate", "-q", path("k5")) == ("", ""), "-q says nothing")
    _, errors = run("keyring", "rotate", path("none"), code=2)
    must("there is none; 'handfast keyring init' makes one" in errors, errors)


@test
def rotate_wipes_what_is_over_also_when_nothing_is_due():
    run("keyring", "init", path("k11"), "-q")
    now = int(time.time())
    head, plan, newest = read("k11").splitlines()
    over = f"epoch 1 not_before {now - 40000} encrypt_until {now - 36400} decrypt_until {now - 22000} secret {os.urandom(32).hex()}"
    write("k11", "\n".join([head, plan, over, newest.replace("epoch 1 ", "epoch 2 ")]) + "\n")
    out, _ = run("keyring", "rotate", path("k11"))
    must("what is over was wiped" in out and epochs(read("k11")) == [2], out + read("k11"))


@test
def many_who_rotate_at_once_make_one_epoch():
    due("k6")
    started = [subprocess.Popen([TOOL, "keyring", "rotate", path("k6")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV)
               for _ in range(12)]
    said = [p.communicate(timeout=20)[0].decode() for p in started]
    must(all(p.returncode == 0 for p in started), said)
    must(sum("rotated" in s for s in said) == 1 and epochs(read("k6")) == [4, 5], said)


@test
def a_keyring_that_others_can_read_is_refused():
    for mode in (0o644, 0o640, 0o620, 0o602):
        os.chmod(keyring("k7"), mode)
        for arguments in [["keyring", "show", path("k7")], ["keyring", "rotate", path("k7")],
                          [*SERVE, *identity(), "--session-store", "memory:", "--session-keys", path("k7")]]:
            _, errors = run(*arguments, code=2)
            must("others may read or change it" in errors and "chmod 600" in errors, errors)
    os.chmod(path("k7"), 0o600)
    run("keyring", "show", path("k7"))


@test
def zero_and_doubled_keys_are_refused():
    text = read(os.path.basename(keyring("k8")))
    secret = re.search(r"secret (\w+)", text).group(1)
    for broken, says in [(text.replace(secret, "0" * 64), "all zero"),
                         (text + text.splitlines()[2].replace("epoch 1 ", "epoch 2 ") + "\n", "same secret")]:
        _, errors = run("keyring", "show", write("k9", broken), code=2)
        must(says in errors, errors)


# ---- keyrings in a store ----

@test
def many_who_rotate_in_the_store_make_one_epoch_and_servers_follow():
    store = Redis()
    where = ["--session-store", store.url, "--session-kek", kek()]
    out, errors = run("keyring", "rotate", *where, code=2)
    must("there is no keyring in the store" in errors and store.keys() == [], errors)
    must(run("keyring", "init", *where, "--period", "60", "--life", "600", "--lead", "59")[0] == "made\n", "init")
    _, errors = run("keyring", "init", *where, code=2)
    must("it is not overwritten" in errors, errors)
    servers = fleet(store, "--session-kek", kek(), keys="store", count=3)
    client = Client("alice")
    client.connect(servers[0].port)
    eventually(lambda: any("rotated by this process" in s.said() for s in servers), 9, "no server noticed that the next epoch is due")
    eventually(lambda: all("newest epoch 2" in s.said() for s in servers), 7, "not all read it")
    must(sum("rotated by this process" in s.said() for s in servers) == 1, "one did")
    must(all(client.connect(s.port) for s in servers), "a session goes on through the rotation")
    must(epochs(run("keyring", "show", *where)[0]) == [1, 2], "two epochs")
    _, errors = run("keyring", "show", "--session-store", store.url, "--session-kek", kek("wrong-kek"), code=2)
    must("Is --session-kek the servers' own?" in errors, errors)


@test
def many_who_rotate_in_the_store_at_once_make_one_epoch():
    store = Redis()
    where = ["--session-store", store.url, "--session-kek", kek()]
    run("keyring", "init", *where, "--period", "60", "--life", "600", "--lead", "59", "-q")
    time.sleep(1.2)
    store("CLIENT", "PAUSE", "900", "WRITE")  # all of them see the same, and find that something is due, before one can put anything
    started = [subprocess.Popen([TOOL, "keyring", "rotate", *where], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV) for _ in range(8)]
    said = [p.communicate(timeout=20)[0].decode() for p in started]
    must(sum(s == "rotated\n" for s in said) == 1 and all(p.returncode == 0 for p in started), said)
    eventually(lambda: epochs(run("keyring", "show", *where)[0]) == [1, 2], 3, "one was made")


UNWRAP = """
import ctypes, sys
library, key, wrapped = ctypes.CDLL(sys.argv[1]), bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("len", ctypes.c_size_t)]
library.hf_keyring_new.restype = ctypes.c_void_p
ring, out, length = ctypes.c_void_p(library.hf_keyring_new(None)), ctypes.create_string_buffer(65536), ctypes.c_size_t(65536)
assert library.hf_keyring_unwrap(ring, Bytes(key, len(key)), Bytes(wrapped, len(wrapped)), None) == 0
assert library.hf_keyring_save(ring, out, ctypes.byref(length)) == 0
sys.stdout.write(out.raw[:length.value].decode())
"""


def unwrapped(wrapped):
    """A keyring from a store as text, by way of the library."""
    library = os.path.join(os.path.dirname(TOOL), "libhandfast.so")
    env = dict(ENV)
    needs = subprocess.run(["ldd", library], capture_output=True, check=True).stdout.decode()
    sanitizer = re.search(r"=> (\S*lib[at]san\S*)", needs)
    if sanitizer:  # it must be there before Python is
        env.update(LD_PRELOAD=sanitizer.group(1), ASAN_OPTIONS="detect_leaks=0")
    with open(kek(), encoding="ascii") as f:
        done = subprocess.run([sys.executable, "-c", UNWRAP, library, f.read().strip(), wrapped.hex()], capture_output=True, env=env, timeout=20)
    must(done.returncode == 0, done.stderr.decode())
    return done.stdout.decode()


@test
def a_keyring_in_the_store_that_is_set_back_is_put_right():
    store = Redis()
    where = ["--session-store", store.url, "--session-kek", kek()]
    run("keyring", "init", *where, "--period", "60", "--life", "600", "--lead", "59", "-q")
    old = store("GET", "hf:1:keyring")
    time.sleep(1.2)
    run("keyring", "rotate", *where, "-q")
    server = fleet(store, "--session-kek", kek(), keys="store", count=1)[0]
    mine = unwrapped(store("GET", "hf:1:keyring"))
    must(epochs(mine) == [1, 2] and epochs(unwrapped(old)) == [1], mine)
    store("SET", "hf:1:keyring", old)
    server.signal(signal.SIGHUP)
    eventually(lambda: store("GET", "hf:1:keyring") != old, 5, server.said)
    must(unwrapped(store("GET", "hf:1:keyring")) == mine, "the server's own, which has more epochs, secrets and all")
    store("SET", "hf:1:keyring", b"nonsense")
    server.signal(signal.SIGHUP)
    eventually(lambda: "the keyring in the store cannot be used" in server.said(), 5, server.said)
    must(store("GET", "hf:1:keyring") == b"nonsense", "what is not understood is not overwritten")
    client = Client()
    must([client.connect(server.port), client.connect(server.port)] == [False, True], "the keys before stay in use")


# ---- serve's options ----

@test
def what_cannot_be_is_refused_with_the_reason():
    url = f"redis://127.0.0.1:{free_port()}"
    weak = write("weak-kek", "00" * 32 + "\n")
    short = write("short-kek", "abcd\n")
    loose = write("loose-kek", os.urandom(32).hex(), 0o644)
    keys = ["--session-keys", keyring()]
    for options, says in [
            (["--session-store", url], "each process has keys of its own"),
            (["--session-store", url, "--session-keys", "store"], "give --session-kek FILE"),
            (["--session-store", "memory:", "--session-keys", "store", "--session-kek", kek()], "with a server that others reach too"),
            (["--session-store", url, "--session-keys", "store", "--session-kek", weak], "all zero"),
            (["--session-store", url, "--session-keys", "store", "--session-kek", short], "openssl rand -hex 32"),
            (["--session-store", url, "--session-keys", "store", "--session-kek", loose], "chmod 600"),
            (["--session-store", url, *keys, "--session-kek", kek()], "belongs to --session-keys store"),
            (keys, "give --session-store or --tickets"),
            (["--session-kek", kek()], "belongs to --session-keys store"),
            (["--session-budget", "20"], "--session-budget belongs to --session-store"),
            (["--session-store", url, *keys, "--session-budget", "0"], "1 to 500 milliseconds"),
            (["--session-store", url, *keys, "--session-budget", "501"], "1 to 500 milliseconds"),
            (["--session-store", url, *keys, "--session-namespace", "Ä"], "name space"),
            (["--session-store", url, *keys, "--session-cache", "0"], "--session-cache 0 keeps no sessions"),
            (["--session-store", url, *keys, "--session-store-ca", path("ca.pem")], "are for rediss://"),
            (["--session-store", url, *keys, "--session-store-key", path("server.key")], "belongs to --session-store-cert"),
            (["--session-store", "http://x", *keys], "it begins with none of"),
            (["--session-store", "@" + path("nowhere"), *keys], "it cannot be read"),
            (["--session-store", url, "--session-keys", path("nowhere")], "it cannot be read"),
            (["--session-life", "0"], "--session-life takes 1 to 86400 seconds"),
            (["--session-life", "86401"], "--session-life takes 1 to 86400 seconds"),
            (["--max-auth-age", "0"], "--max-auth-age takes at least 1"),
            (["--peer-identities", "color:red"], "color:red")]:
        _, errors = run(*SERVE, *identity(), *options, code=2)
        must(says in errors, f"{options}: {says!r} is not in {errors!r}")


@test
def the_tools_refuse_what_they_must_and_say_when_nobody_answers():
    url = f"redis://127.0.0.1:{free_port()}"
    for arguments, says, code in [
            (["session", "stats"], "needs --session-store", 2),
            (["session", "stats", "--session-store", "memory:"], "nothing to look at from outside", 2),
            (["session", "revoke", "--session-store", url], "whose sessions", 2),
            (["session", "revoke", "--session-store", url, "--all", "--san", "x"], "whose sessions", 2),
            (["session", "revoke", "--session-store", url, "--san", "x"], "--session-keys is needed", 2),
            (["session", "revoke", "--session-store", url, "--session-keys", keyring(), "--serial", "xyz"], "hexadecimal", 2),
            (["session", "stats", "--session-store", url], "the session store: ", 3),
            (["session", "revoke", "--session-store", url, "--all"], "the session store: ", 3),
            (["keyring", "show", "--session-store", url, "--session-kek", kek()], "the session store: ", 3),
            (["keyring", "show"], "give either FILE, or --session-store", 2),
            (["keyring", "show", path("x"), "--session-store", url], "give either FILE, or --session-store", 2),
            (["keyring"], "'keyring init [FILE]' or 'keyring rotate [FILE]' or 'keyring show [FILE]'", 2),
            (["session"], "'session stats' or 'session revoke'", 2),
            (["keyring", "shwo"], "did you mean 'keyring show'?", 2)]:
        _, errors = run(*arguments, code=code)
        must(says in errors, f"{arguments}: {says!r} is not in {errors!r}")


@test
def stats_count_what_is_there():
    store = Redis()
    server = fleet(store, count=1)[0]
    for who in ("alice", "bob", None):
        Client(who).connect(server.port)
    store("SET", "hf:1:stray", "x")
    store("SET", "another", "x")
    out, _ = run("session", "stats", "--session-store", store.url, "--session-keys", keyring(), "--json")
    found = json.loads(out)
    must(found["sessions"] == 3 and found["others"] == 1 and found["bytes"] == sum(len(store("GET", k)) for k in store.sessions()), found)
    must(manual.members(found) <= manual.words("handfast-session.1", "JSON"), found)
    must(found["servers"][0]["version"].startswith("Redis ") and [e["id"] for e in found["epochs"]] == [1], found)
    out, _ = run("session", "stats", "--session-store", store.url, "--session-keys", keyring())
    must("3 sessions, " in out and "epoch 1: makes sessions now" in out and "1 names that are none" in out, out)
    must(run("session", "revoke", "--session-store", store.url, "--all")[0] == "3 sessions revoked\n", "all")
    must(sorted(store.keys("*")) == ["another", "hf:1:stray"], store.keys("*"))


@test
def a_keyring_that_nobody_rotates_is_warned_of_and_counted():
    now = int(time.time())
    text = "handfast keyring 1\nplan period 3600 life 14400 lead 600\n" \
           f"epoch 1 not_before {now - 7000} encrypt_until {now - 3400} decrypt_until {now + 11000} secret {os.urandom(32).hex()}\n"
    server = fleet("memory:", keys=write("k10", text), count=1)[0]
    must("no epoch of the keyring makes sessions now" in server.said(), server.said())
    client = Client()
    must([client.connect(server.port), client.connect(server.port)] == [False, False], "nothing is resumed")
    stats = server.stats()
    must(manual.members(stats) <= manual.words("handfast-serve.1", "JSON"), stats)
    must(stats["epoch"] == 0 and stats["no_key"] == 2, stats)


@test
def a_keyring_file_that_changes_is_read_without_being_told():
    due("k12")
    server = fleet("memory:", keys=path("k12"), count=1)[0]
    client = Client()
    client.connect(server.port)
    run("keyring", "rotate", "-q", path("k12"))
    eventually(lambda: "read again, newest epoch 5" in server.said(), 4, server.said)
    must(client.connect(server.port), "a session goes on through the rotation")


@test
def SIGUSR1_and_stats_report_in_words_too():
    store = Redis()
    server = Program([TOOL, "serve", "127.0.0.1:0", *identity(), "--session-store", store.url, "--session-keys", keyring(), "--stats=1"])
    eventually(lambda: "listening on" in server.said(), 10, server.said)
    port = int(re.search(r"listening on .*:(\d+)$", server.said(), re.M).group(1))
    client = Client()
    must([client.connect(port), client.connect(port)] == [False, True], "resumed")
    server.signal(signal.SIGUSR1)
    eventually(lambda: "sessions: 2 handshakes, resumed 1, not_offered 1" in server.said(), 5, server.said)
    must(re.search(r"sessions: made 1 under IDs, 0 in tickets; 1 records of \d+ bytes", server.said()), server.said())
    must("sessions: epoch 1, the next in " in server.said() and "store: lookups: hit 1, miss 0, timeout 0" in server.said(), server.said())
    must(re.search(r"store: puts 1 of \d+ bytes, 0 failed.* breaker closed", server.said()), server.said())
    eventually(lambda: server.said().count("store: lookups") >= 3, 5, "--stats=1 reports every second")
    server.signal(signal.SIGTERM)
    must(server.process.wait(10) == 0, server.said())


# ---- the client's sessions ----

def connect(server, *options, code=0):
    return run("connect", f"127.0.0.1:{server.port}", "--sni", "server.example", "--ca", path("ca.pem"), "-v", *options, code=code)[1]


@test
def sessions_and_tickets_are_saved_sealed_and_loaded():
    for version, options in [("1.2", []), ("1.2", ["--tickets"]), ("1.3", []), ("1.3", ["--tickets"])]:
        kind = "ticket" if options or version == "1.3" else "ID"  # to a client of TLS 1.3 all are tickets (RFC 8446 4.6.1)
        server = Serve("--min", version, "--max", version, *options)
        must(f"saved, to be resumed by {kind}" in connect(server, "--session-out", path("plain")), kind)
        must(f"resumed by {kind}" in connect(server, "--session-in", path("plain")), kind)
        connect(server, "--session-out", path("sealed"), "--session-key", kek("key"))
        must(f"resumed by {kind}" in connect(server, "--session-in", path("sealed"), "--session-key", kek("key")), kind)
        for name in ("plain", "sealed"):
            must(stat.S_IMODE(os.stat(path(name)).st_mode) == 0o600, name)
        with open(path("sealed"), "rb") as f:
            must(b"server.example" not in f.read(), "sealed")
        errors = connect(server, "--session-in", path("sealed"), code=2)
        must("sealed with --session-key" in errors, errors)
        errors = connect(server, "--session-in", path("sealed"), "--session-key", kek("key2"), code=2)
        must("is that the key it was sealed with?" in errors, errors)
        must(f"127.0.0.1:{server.port}: " in errors or "BAD_SESSION" in errors or "session" in errors, errors)
        by = f"resumed by {'ticket' if options else 'ID'}"
        eventually(lambda s=server, by=by: s.said().count(by) == 2, 5, server.said)
    os.chmod(path("key"), 0o644)
    must("chmod 600" in connect(server, "--session-out", path("sealed"), "--session-key", path("key"), code=2), "an open key")
    must("belongs to --session-in and --session-out" in connect(server, "--session-key", path("key2"), code=2), "a key for nothing")


@test
def a_session_is_offered_to_its_host_and_port_alone():
    one, two = Serve("--tickets"), Serve("--tickets")
    connect(one, "--session-out", path("one"))
    errors = connect(two, "--session-in", path("one"))
    must(f"is for 127.0.0.1:{one.port}, not for 127.0.0.1:{two.port}" in errors and "full handshake" in errors, errors)
    errors = run("connect", f"localhost:{one.port}", "--sni", "server.example", "--ca", path("ca.pem"), "-v", "--session-in", path("one"))[1]
    must(f"not for localhost:{one.port}" in errors and "full handshake" in errors, errors)
    must("resumed by ticket" in connect(one, "--session-in", path("one")), "its own")
    must("full handshake: not resumed: policy" in connect(one, "--session-in", path("one"), "--no-tickets"), "--no-tickets")
    issue("third", "ca2", "serverAuth", "DNS:server.example")
    errors = run("connect", f"127.0.0.1:{one.port}", "--sni", "server.example", "--ca", path("both.pem"), "-v", "--session-in", path("one"))[1]
    must("full handshake" in errors and "resumed by" not in errors, "other trust anchors: the session is not offered")


if __name__ == "__main__":
    main()
