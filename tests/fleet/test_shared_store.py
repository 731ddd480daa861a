#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several servers, one session store: whatever one made, the others resume. Prints TAP."""
import os
import shutil
import subprocess
import time

from fleet import PATIENCE, Client, Cluster, Redis, Serve, eventually, patient_fleet, free_port, issue, kek, keyring, main, manual, must, needs_package, note, path, run, test

ROUNDS = 90


def all_resumed(servers, who="alice", rounds=ROUNDS, tickets=False):
    """One full handshake, then every server resumes in turn, knowing the client."""
    client = Client(who, tickets=tickets)
    must(not client.connect(servers[0].port), "the first handshake offers nothing")
    resumed = [client.connect(servers[i % len(servers)].port) for i in range(1, rounds)]
    must(all(resumed), f"{resumed.count(False)} of {len(resumed)} were not resumed: "
         f"{[c['resumption'] for s in servers for c in s.connections()]}")
    eventually(lambda: sum(len(s.connections()) for s in servers) >= rounds, 10, "not every connection was reported")
    reports = [c for s in servers for c in s.connections()]
    must(all(c["peer_subject"] == (f"CN={who}" if who else None) and c["peer_verified"] == bool(who) for c in reports),
         "a resumed session knows its client as the full one did")
    must(all(c["session_ticket"] == tickets for c in reports), [c["session_ticket"] for c in reports])
    waits = sorted(w for s in servers for w in s.waits())
    note(f"{len(resumed)} of {len(resumed)} resumed by {'ticket' if tickets else 'ID'}" + (f"; waits for the store: median {waits[len(waits) // 2]:.2f} ms, "
                                                                 f"longest {waits[-1]:.2f} ms" if waits else ""))


@test
def three_servers_on_one_redis_resume_every_session():
    store = Redis()
    servers = patient_fleet(store)
    all_resumed(servers)
    must(len(store.sessions()) == 1, store.keys())
    must(0 < store("PTTL", store.sessions()[0]) <= 14400 * 1000, "a record lives as long as its session")
    stats = [s.stats() for s in servers]
    must(sum(s["resumption"]["resumed"] for s in stats) == ROUNDS - 1, stats)
    must(sum(s["store"]["hit"] for s in stats) == ROUNDS - 1 and sum(s["store"]["puts"] for s in stats) == 1, stats)
    must(all(s["epoch"] == 1 and s["store"]["breaker_state"] == "closed" for s in stats), stats)


@test
def three_servers_on_a_redis_cluster_resume_every_session():
    cluster = Cluster()
    servers = patient_fleet(cluster)
    for who in ("alice", "bob", None):
        for _ in range(4):  # different keys: different nodes
            client = Client(who)
            resumed = [client.connect(servers[i % 3].port) for i in range(7)]
            must(resumed == [False] + [True] * 6, resumed)
    must(len(cluster.sessions()) == 12, cluster.sessions())
    must(sum(len(n.sessions()) > 0 for n in cluster.nodes) >= 2, "the sessions are on several nodes")
    out, _ = run("session", "stats", "--session-store", cluster.url)
    must(out.startswith("12 sessions, ") and out.count("Redis ") == 3, out)
    out, _ = run("session", "revoke", "--session-store", cluster.url, "--session-keys", keyring(), "--san", "alice.example")
    must(out == "dns:alice.example: 4 sessions revoked\n" and len(cluster.sessions()) == 8, out)
    out, _ = run("session", "revoke", "--session-store", cluster.url, "--all")
    must(out == "8 sessions revoked\n" and cluster.sessions() == [], out)


@test
def servers_reach_a_store_by_its_unix_socket():
    store = Redis("--unixsocket", path("redis.sock"))
    store.url = f"unix:{path('redis.sock')}"
    all_resumed(patient_fleet(store, count=2), rounds=12)


@test
def servers_reach_a_store_over_TLS_and_verify_it():
    tls = Redis("--tls-cert-file", path("server.pem"), "--tls-key-file", path("server.key"), "--tls-ca-cert-file", path("ca.pem"),
                "--tls-port", "0")
    tls_port = free_port()
    tls("CONFIG", "SET", "tls-port", tls_port)
    url = f"rediss://127.0.0.1:{tls_port}"
    errors = Serve("--session-store", url, "--session-keys", keyring(), "--session-store-ca", path("ca.pem"))
    must("the session store is not reached" in errors.said(), "a server whose certificate is for another name must not be believed")
    must(len(tls.sessions()) == 0, "nothing was stored")
    issue("address", "ca", "serverAuth", "IP:127.0.0.1")
    tls("CONFIG", "SET", "tls-cert-file", path("address.pem"), "tls-key-file", path("address.key"))
    # Redis asks for client certificates by default: without one it does not serve
    without = Serve("--session-store", url, "--session-keys", keyring(), "--session-store-ca", path("ca.pem"))
    must("the session store is not reached" in without.said(), without.said())
    options = ["--session-store-ca", path("ca.pem"), "--session-store-cert", path("alice.pem"), "--session-store-key", path("alice.key")]
    all_resumed(patient_fleet(url, *options, count=2), rounds=12)
    must(len(tls.sessions()) == 1, tls.keys())


@test
def a_password_is_read_from_a_file_and_warned_of_on_the_command_line():
    store = Redis("--requirepass", "sesame@1")
    url = f"redis://:sesame%401@127.0.0.1:{store.port}/3"
    with open(os.open(path("store-url"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as f:
        f.write(url + "\n")
    servers = patient_fleet("@" + path("store-url"), count=2)
    all_resumed(servers, rounds=8)
    must("sesame" not in "".join(s.said() for s in servers), "the password is in the log")
    _, errors = run("session", "stats", "--session-store", url)
    must("which every user of this machine can read with ps" in errors, errors)
    os.chmod(path("store-url"), 0o644)
    _, errors = run("session", "stats", "--session-store", "@" + path("store-url"), code=2)
    must("chmod 600" in errors, errors)


@test
def tickets_are_resumed_by_every_server_with_the_keyring_and_no_store():
    servers = [Serve("--tickets", "--session-keys", keyring()) for _ in range(3)]
    all_resumed(servers, tickets=True, rounds=30)


@test
def a_client_that_takes_no_tickets_gets_IDs_beside_them():
    store = Redis()
    servers = patient_fleet(store, "--tickets")
    all_resumed(servers, rounds=12)
    ticketed = Client("bob", tickets=True)
    must([ticketed.connect(servers[i % 3].port) for i in range(6)] == [False] + [True] * 5, "tickets beside IDs")
    must(len(store.sessions()) == 1, "a ticket needs no record")


@test
def the_keyring_in_the_store_is_made_once_and_shared():
    store = Redis()
    options = ["--session-kek", kek()]
    servers = patient_fleet(store, *options, keys="store")
    all_resumed(servers, rounds=30)
    must(sum("rotated by this process" in s.said() for s in servers) == 1, "one server makes the keyring, the others read it")
    wrapped = store("GET", "hf:1:keyring")
    must(b"epoch" not in wrapped and b"secret" not in wrapped and len(wrapped) > 100, "the keyring is in the store in clear")
    out, _ = run("keyring", "show", "--session-store", store.url, *options)
    must(out.startswith("epoch 1: makes sessions now\n") and "secret" not in out, out)
    out, _ = run("session", "revoke", "--session-store", store.url, "--session-keys", "store", *options, "--san", "alice@client.example")
    must(out == "email:alice@client.example: 1 sessions revoked\n", out)


class Eager:
    """openssl s_client: in TLS 1.3, with early data where it has a session to offer."""

    def __init__(self, port, *options):
        self.process = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_3", "-CAfile", path("ca.pem"), "-servername", "server.example",
                                         *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self):
        said = b""
        self.process.stdin.write(b"a late line\n")
        self.process.stdin.flush()
        while b"a late line\n" not in said:
            more = os.read(self.process.stdout.fileno(), 65536)
            must(more, said)
            said += more
        self.process.stdin.close()
        said += self.process.stdout.read()
        self.process.wait(PATIENCE)
        return said


def has_said(servers, what, times):
    reports = [c["early_data"] for s in servers for c in s.connections()]
    return len(reports) == times and reports.count("accepted") == what


@test
def early_data_is_taken_by_whichever_server_and_once():
    """RFC 8446 8.1: two servers are given the same ticket at once, again and again"""
    store, rounds = Redis(), 12
    servers = patient_fleet(store, "--min", "1.3", "--max", "1.3", "--early-data", "1000", "--early-data-age", "60", "--echo", count=2, auth="none")
    with open(path("early"), "wb") as f:
        f.write(b"an early line\n")
    taken = []
    for i in range(rounds):
        Eager(servers[i % 2].port, "-sess_out", path("session")).finish()
        shutil.copy(path("session"), path("copy"))
        both = [Eager(s.port, "-sess_in", path(kept), "-early_data", path("early")) for s, kept in zip(servers, ("session", "copy"))]
        said = [client.finish() for client in both]
        accepted = [b"Early data was accepted" in one for one in said]
        must(accepted.count(True) == 1, (i, accepted))
        must([b"an early line\n" in one for one in said] == accepted, said)
        taken.append(accepted.index(True))
    eventually(lambda: has_said(servers, rounds, 3 * rounds), 10, lambda: [c["early_data"] for s in servers for c in s.connections()])
    must(store.calls().get("getdel") == 2 * rounds and store.calls().get("getrange") is None, store.calls())
    note(f"{rounds} tickets, each offered to two servers at once: {taken.count(0)} taken by the first, {taken.count(1)} by the second, none by both")


@test
def an_ACL_with_the_commands_of_the_manual_is_enough():
    store = Redis()
    in_the_store = ["--session-kek", kek()]

    def user(name, *lines):
        store("ACL", "SETUSER", name, "reset", "on", ">secret", "~hf:1:*", *sum([manual.acl(*line) for line in lines], []))
        return f"redis://{name}:secret@127.0.0.1:{store.port}"
    serve = ("handfast-serve.1", "SESSIONS OF A FLEET")
    session = ("handfast-session.1", "RIGHTS IN THE STORE")
    mine = user("app", (*serve, "every server"), (*serve, "with --session-keys store"))
    servers = patient_fleet(mine, *in_the_store, keys="store", count=2)
    all_resumed(servers, rounds=8, who="alice")
    keys = ["--session-keys", "store", *in_the_store]
    for name, lines, command in [
            ("rotates", [("handfast-keyring.1", "RIGHTS IN THE STORE", "every command")], ["keyring", "rotate", *in_the_store]),
            ("counts", [(*session, "stats")], ["session", "stats"]),
            ("counts-epochs", [(*session, "stats"), (*session, "with --session-keys store")], ["session", "stats", *keys]),
            ("revokes", [(*session, "revoke"), (*session, "with --session-keys store")], ["session", "revoke", *keys, "--san", "alice.example"]),
            ("revokes-all", [(*session, "revoke --all")], ["session", "revoke", "--all"])]:
        run(*command, "--session-store", user(name, *lines))
    must(store.sessions() == [] and store("ACL", "LOG") == [], f'{store.keys()} {store("ACL", "LOG")}')


@test
def an_ACL_with_the_commands_of_the_manual_is_enough_in_a_cluster():
    cluster = Cluster()
    serve = ("handfast-serve.1", "SESSIONS OF A FLEET")
    session = ("handfast-session.1", "RIGHTS IN THE STORE")
    ring = ("handfast-keyring.1", "RIGHTS IN THE STORE")
    allowed = {"app": [(*serve, "every server"), (*serve, "with --session-keys store"), (*serve, "in a cluster")],
               "rotates": [(*ring, "every command"), (*ring, "in a cluster")],
               "revokes": [(*session, "revoke"), (*session, "with --session-keys store"), (*session, "in a cluster")],
               "counts": [(*session, "stats"), (*session, "in a cluster")],
               "revokes-all": [(*session, "revoke --all"), (*session, "in a cluster")]}
    for node in cluster.nodes:
        for name, lines in allowed.items():
            node("ACL", "SETUSER", name, "reset", "on", ">secret", "~hf:1:*", *sum([manual.acl(*line) for line in lines], []))
    url = {name: cluster.url.replace("redis://", f"redis://{name}:secret@") for name in allowed}
    servers = patient_fleet(url["app"], "--session-kek", kek(), keys="store", count=2)
    all_resumed(servers, rounds=8)
    run("keyring", "rotate", "--session-store", url["rotates"], "--session-kek", kek())
    run("session", "stats", "--session-store", url["counts"])
    run("session", "revoke", "--session-store", url["revokes"], "--session-keys", "store", "--session-kek", kek(), "--san", "alice.example")
    run("session", "revoke", "--session-store", url["revokes-all"], "--all")
    logs = [node("ACL", "LOG") for node in cluster.nodes]
    must(cluster.sessions() == [] and logs == [[], [], []], f"{cluster.sessions()} {logs}")


@test
def a_keyring_that_was_lost_with_the_store_is_put_back():
    store = Redis()
    servers = patient_fleet(store, "--session-kek", kek(), keys="store", count=2)
    client = Client("alice")
    client.connect(servers[0].port)
    before = run("keyring", "show", "--session-store", store.url, "--session-kek", kek())[0].splitlines()[:1]
    store("FLUSHALL")
    must(not client.connect(servers[1].port), "the session is gone")
    for s in servers:
        s.signal(1)  # SIGHUP: look now
    eventually(lambda: store("EXISTS", "hf:1:keyring") == 1, 10, "the keyring did not come back")
    after = run("keyring", "show", "--session-store", store.url, "--session-kek", kek())[0].splitlines()[:1]
    must(before == after, (before, after))
    must(client.connect(servers[0].port), "what is made now is resumed by the other")


@test
def a_wrong_kek_keeps_a_server_from_starting_and_the_keyring_as_it_is():
    store = Redis()
    run("keyring", "init", "--session-store", store.url, "--session-kek", kek(), "-q")
    wrapped = store("GET", "hf:1:keyring")
    _, errors = run("serve", "0", "--cert", path("server.pem"), "--key", path("server.key"), "--session-store", store.url,
                    "--session-keys", "store", "--session-kek", kek("other-kek"), code=2)
    must("the keyring in the store cannot be used" in errors and "same --session-kek" in errors, errors)
    must(store("GET", "hf:1:keyring") == wrapped, "the keyring was touched")


@test
def namespaces_keep_fleets_apart():
    store = Redis()
    one = patient_fleet(store, "--session-namespace", "one", count=1)[0]
    two = patient_fleet(store, "--session-namespace", "two", count=1)[0]
    client = Client()
    client.connect(one.port)
    must(not client.connect(two.port, keep=False), "the other namespace has it not")
    must(client.connect(one.port), "its own has it")
    must(len(store.keys("one:1:*")) == 1 and len(store.keys("two:1:*")) == 1, store.keys("*"))
    must(run("session", "revoke", "--session-store", store.url, "--session-namespace", "two", "--all")[0] == "1 sessions revoked\n", "two")
    must(client.connect(one.port), "one's is still there")


@test
def a_store_in_memory_needs_no_keys_and_resumes():
    server = Serve("--session-store", "memory:", "--session-cache", "2")
    clients = [Client() for _ in range(3)]
    for c in clients:
        c.connect(server.port)
    must([c.connect(server.port, keep=False) for c in reversed(clients)] == [True, True, False], "it holds two; the oldest is gone")


@test
def sessions_end_with_their_life_and_are_not_extended_by_use():
    store = Redis()
    server = patient_fleet(store, "--session-life", "2", count=1)[0]
    client = Client()
    client.connect(server.port)
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        must(client.connect(server.port), "within its life")
        time.sleep(0.2)
    eventually(lambda: not client.connect(server.port, keep=False), 4, "resumed past its life")


@test
def three_servers_on_one_valkey_resume_every_session():
    needs_package("valkey-server")
    store = Redis(program="valkey-server")
    all_resumed(patient_fleet(store))
    out, _ = run("session", "stats", "--session-store", store.url)
    must("Valkey " in out, out)


if __name__ == "__main__":
    main()
