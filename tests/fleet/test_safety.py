#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Resumption carries authentication nowhere it does not belong, whatever stands in the store. Prints TAP."""
import concurrent.futures
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import fleet as the
from fleet import Client, Redis, Serve, certificates, eventually, patient_fleet, issue, keyring, main, must, note, path, run, test

PREFIX = "hf:1:"


def last(server, count):
    """The report of a server's newest connection, when it has reported so many."""
    eventually(lambda: len(server.connections()) >= count, 10, server.said)
    return server.connections()[-1]


def offered(client, server, name=None, fails=False):
    """Offers the client's session, keeps it, and answers the server's report."""
    count = len(server.connections())
    try:
        resumed = client.connect(server.port, name=name, keep=False)
        must(not fails, "the handshake went well")
    except (ssl.SSLError, OSError):
        must(fails, server.said()[-1500:])
        resumed = False
    report = last(server, count + 1)
    must(fails or report["resumed"] == resumed, report)
    return report


def refused(client, server, why, **more):
    report = offered(client, server, **more)
    must(not report["resumed"] and report["resumption"] == why, f"expected {why}: {report}")
    return report


def session_on(server, who="alice"):
    client = Client(who)
    client.connect(server.port)
    must(client.session.id, "no session")
    return client


# ---- hellos alone ----

def hello_with_id(client):
    """The ClientHello that offers the client's session, and where its ID is in it."""
    hello = client.hello()
    at = hello.index(client.session.id)
    must(hello[at - 1] == 32, "the session ID")
    return hello, at


def send_hello(port, hello):
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(hello)
        answer = s.recv(76, socket.MSG_WAITALL)
    must(answer[:1] == b"\x16" and answer[5] == 2, "the handshake goes on")
    return answer


def takes(port, hello, at):
    """Whether the server resumes: its ServerHello has the ID that was offered, RFC 5246 7.4.1.3. The handshake is not ended."""
    return send_hello(port, hello)[44:76] == hello[at:at + 32]


# ---- what somebody does to the store ----

def one_record():
    """A store, a server that knows the store alone of the one session in it, its client, and the record under its key."""
    store = Redis()
    maker, other = patient_fleet(store, count=2)
    client = session_on(maker)
    key = store.sessions()[0]
    return store, other, client, key, store("GET", key)


@test
def a_bit_flipped_anywhere_in_a_record():
    store, other, client, key, record = one_record()
    bits, (hello, at) = range(8 * len(record)), hello_with_id(client)
    must(takes(other.port, hello, at), "the record as it is")
    for bit in bits:
        changed = bytearray(record)
        changed[bit // 8] ^= 1 << bit % 8
        store("SET", key, bytes(changed), "KEEPTTL")
        must(not takes(other.port, hello, at), f"resumed with bit {bit} flipped")
    eventually(lambda: other.stats()["resumption"]["damaged"] == len(bits), 10, lambda: other.stats()["resumption"])
    store("SET", key, record, "KEEPTTL")
    must(client.connect(other.port, keep=False), "the record as it was")
    note(f"every one of the {len(bits)} bits of a record of {len(record)} bytes flipped: none resumed")


@test
def a_record_cut_short_or_made_longer():
    store, other, client, key, record = one_record()
    for length in [1, 4, 16, 47, 48, 64, len(record) - 17, len(record) - 1]:
        store("SET", key, record[:length])
        refused(client, other, "damaged")
    store("SET", key, record + b"\0")
    refused(client, other, "damaged")
    store("SET", key, record)
    must(client.connect(other.port, keep=False), "the record as it was")


@test
def two_records_that_change_places():
    store = Redis()
    maker, other = patient_fleet(store, count=2)
    alice = session_on(maker)
    one = store.sessions()[0]
    bob = session_on(maker, "bob")
    two = [k for k in store.sessions() if k != one][0]
    first, second = store("GET", one), store("GET", two)
    store("MSET", one, second, two, first)
    refused(alice, other, "damaged")
    refused(bob, other, "damaged")
    store("MSET", one, first, two, second)
    must(offered(alice, other)["peer_subject"] == "CN=alice" and offered(bob, other)["peer_subject"] == "CN=bob", "each its own")


@test
def a_record_that_is_put_back_after_its_keys_are_gone():
    store = Redis()
    keys = path("ring")
    run("keyring", "init", keys, "-q")
    server = patient_fleet(store, keys=keys, count=1)[0]
    client = session_on(server)
    key = store.sessions()[0]
    record = store("GET", key)
    with open(keys, encoding="ascii") as f:
        before = f.read()
    os.unlink(keys)
    run("keyring", "init", keys, "-q")
    with open(keys, encoding="ascii") as f:
        text = f.read().replace("epoch 1 ", "epoch 2 ")
    write_private(keys, text)
    server.signal(signal.SIGHUP)
    eventually(lambda: "read again, newest epoch 2" in server.said(), 5, server.said)
    store("SET", key, record)
    refused(client, server, "foreign")
    write_private(keys, before + [l for l in text.splitlines() if l.startswith("epoch 2 ")][0] + "\n")  # rotated, the old one kept
    server.signal(signal.SIGHUP)
    eventually(lambda: server.said().count("read again, newest epoch 2") == 2, 5, server.said)
    must(offered(client, server)["resumed"], "an epoch that makes no sessions any more resumes them")


def write_private(name, text):
    with open(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
        f.write(text)


@test
def a_keyring_that_breaks_while_the_server_runs():
    store = Redis()
    keys = path("ring2")
    run("keyring", "init", keys, "-q")
    server = patient_fleet(store, keys=keys, count=1)[0]
    client = session_on(server)
    with open(keys, encoding="ascii") as f:
        text = f.read()
    for broken, says in [("", "it has no text"), ("nonsense\n", "is not 'handfast keyring 1'"),
                         (text.replace("secret ", "secret 00"), "line 3 is not"),
                         (text[:text.index("secret ") + 7] + "0" * 64 + "\n", "all zero")]:
        write_private(keys, broken)
        server.signal(signal.SIGHUP)
        eventually(lambda: says in server.said(), 5, lambda: says + " is not in " + server.said()[-800:])
        must(offered(client, server)["resumed"], "the keys before stay in use")
    os.chmod(keys, 0o644)
    server.signal(signal.SIGHUP)
    eventually(lambda: "chmod 600" in server.said(), 5, server.said)
    must(offered(client, server)["resumed"], "the keys before stay in use")


@test
def a_dump_of_the_store_holds_no_secret():
    store = Redis()
    store("CONFIG", "SET", "rdbcompression", "no")
    kek = the.kek()
    servers = patient_fleet(store, "--session-kek", kek, keys="store", count=2)
    log, ids = path("sslkeys"), []
    for who in ("alice", "bob", None):
        client = Client(who)
        client.context.keylog_filename = log
        client.connect(servers[0].port)
        must(client.connect(servers[1].port), "resumed")
        ids.append(client.session.id)
    with open(log, encoding="ascii") as f:
        masters = [bytes.fromhex(line.split()[2]) for line in f if line.startswith("CLIENT_RANDOM")]
    must(len(masters) >= 3 and all(len(m) == 48 for m in masters) and all(len(i) == 32 for i in ids), masters)
    rdb = path("dump.rdb")
    subprocess.run([shutil.which("redis-cli"), "-p", str(store.port), "--rdb", rdb], check=True, capture_output=True, timeout=20)
    with open(rdb, "rb") as f:
        dump = f.read()
    dump += b"".join(store("DUMP", k) for k in store.keys())
    record = store("GET", store.sessions()[0])
    must(record in dump, "the dump has the records, so that what is not found is not there")
    with open(kek, encoding="ascii") as f:
        masters.append(bytes.fromhex(f.read().strip()))
    with open(path("alice.pem"), encoding="ascii") as f:
        masters.append(ssl.PEM_cert_to_DER_cert(f.read())[40:72])
    for secret in masters + ids + [b"alice", b"bob", b"server.example", b"secret"]:
        must(secret not in dump and secret.hex().encode() not in dump.lower(), f"{secret!r} is in the dump")
    note(f"{len(dump)} bytes of dump: no master secret, no session ID, no name, no certificate")


# ---- what differs between the servers ----

@test
def another_hosts_session():
    store = Redis()
    one = patient_fleet(store, count=1)[0]
    issue("host2", "ca", "serverAuth", "DNS:server.example,DNS:other.example")
    two = Serve("--session-store", store.url, "--session-keys", keyring(), "--cert", path("host2.pem"), "--key", path("host2.key"))
    client = session_on(one)
    before = store.calls()
    refused(client, two, "foreign")
    must(store.calls().get("getrange") == before.get("getrange"), "a foreign session is looked for")


@test
def a_CA_that_was_removed():
    store = Redis()
    before = patient_fleet(store, count=1, ca="both.pem")[0]
    client = session_on(before)
    must(client.connect(before.port), "while it is trusted")
    after = patient_fleet(store, count=1, ca="ca2.pem")[0]
    report = refused(client, after, "foreign", fails=True)
    must(report["error"] in ("UNKNOWN_CA", "UNTRUSTED_ISSUER") or report["alert"] == "unknown_ca", report)


@test
def an_identity_rule_that_was_removed():
    store = Redis()
    before = patient_fleet(store, "--peer-identities", "dns:alice.example,dns:bob.example", count=1)[0]
    alice, bob = session_on(before), session_on(before, "bob")
    after = patient_fleet(store, "--peer-identities", "dns:bob.example", count=1)[0]
    report = refused(alice, after, "identity", fails=True)
    must(report["error"] == "IDENTITY_NOT_ALLOWED" and report["alert"] == "access_denied", report)
    must(offered(bob, after)["resumed"], "bob is let in as before")


@test
def a_certificate_that_expires_in_between():
    store = Redis()
    servers = patient_fleet(store, count=2)
    issue("brief", "ca", "clientAuth", "DNS:brief.example", seconds=4)
    client = session_on(servers[0], "brief")
    must(client.connect(servers[1].port), "while it is valid")
    time.sleep(5)
    report = refused(client, servers[1], "auth_age", fails=True)
    must(report["alert"] == "certificate_expired", report)


@test
def authentication_that_is_too_old():
    store = Redis()
    server = patient_fleet(store, "--max-auth-age", "2", count=1)[0]
    alice, nobody = session_on(server), session_on(server, None)
    must(offered(alice, server)["resumed"], "fresh")
    time.sleep(3.2)
    report = refused(alice, server, "auth_age")
    must(report["peer_subject"] == "CN=alice" and report["client_scheme"], "the certificate is shown and proven anew")
    must(offered(nobody, server)["resumed"], "who was not authenticated is not too old")


@test
def another_server_name():
    store = Redis()
    servers = patient_fleet(store, count=2)
    client = session_on(servers[0])
    refused(client, servers[1], "name", name="other.example")  # RFC 6066 3
    must(offered(client, servers[1])["resumed"], "its own name")


@test
def extended_master_secret_that_is_dropped():
    store = Redis()
    servers = patient_fleet(store, count=2)
    client = session_on(servers[0])
    client.context.options |= 0x1  # SSL_OP_NO_EXTENDED_MASTER_SECRET
    report = offered(client, servers[1], fails=True)  # RFC 7627 5.3
    must(report["error"] == "EXTENDED_MASTER_SECRET_MISMATCH" and report["alert"] == "handshake_failure", report)
    fresh = Client()
    fresh.context.options |= 0x1
    must(not fresh.connect(servers[0].port) and not fresh.connect(servers[0].port), "a session without it is not promised")


@test
def another_generation():
    store = Redis()
    one, two = patient_fleet(store, "--session-generation", "1", count=1)[0], patient_fleet(store, "--session-generation", "2", count=1)[0]
    client = session_on(one)
    refused(client, two, "foreign")
    must(offered(client, one)["resumed"], "its own")


@test
def a_client_that_is_revoked():
    store = Redis()
    servers = patient_fleet(store, count=2)
    alice, bob = [session_on(servers[0]) for _ in range(3)], session_on(servers[0], "bob")
    for client in alice:
        must(client.connect(servers[1].port), "before")
    lists = len(store.keys("hf:1:i:*"))
    out, _ = run("session", "revoke", "--session-store", store.url, "--session-keys", keyring(), "--san", "ALICE.example")
    must(out == "dns:alice.example: 3 sessions revoked\n", out)
    must(len(store.keys("hf:1:i:*")) == lists - 1, "a list of nothing was left behind")
    for client in alice:  # servers have copies of their own, which they must not use
        refused(client, servers[0], "unknown")
        refused(client, servers[1], "unknown")
    must(offered(bob, servers[1])["resumed"], "bob's is still there")
    serial = certificates.openssl("x509", "-in", path("bob.pem"), "-noout", "-serial").strip().split("=")[1]
    out, _ = run("session", "revoke", "--session-store", store.url, "--session-keys", keyring(), "--serial", serial)
    must(out.endswith(": 1 sessions revoked\n"), out)
    refused(bob, servers[0], "unknown")


# ---- made-up IDs ----

@test
def ten_thousand_junk_IDs_cost_no_store_command():
    store = Redis()
    server = patient_fleet(store, count=1, auth="none", log=False)[0]
    stranger = Serve("--session-store", store.url, "--session-keys", keyring("other-keyring"), auth="none")
    client, foreign = Client(), Client()
    client.connect(server.port)
    foreign.connect(stranger.port)
    hello, at = hello_with_id(client)
    must(client.connect(server.port), "the real one is looked for and found")
    real = client.session.id

    def junk(i):
        made_up = os.urandom(32)
        if i % 4 == 1:  # right but for its MAC
            made_up = real[:20] + made_up[:12]
        elif i % 4 == 2:  # a format and an epoch of ours
            made_up = real[:4] + made_up[:28]
        elif i % 4 == 3:  # one bit is wrong
            made_up = bytearray(real)
            made_up[i // 4 % 32] ^= 1 << i // 128 % 8
        return hello[:at] + bytes(made_up) + hello[at + 32:]
    before, count = store.calls(), 10000
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: send_hello(server.port, junk(i)), range(count - 1)))
    must(not foreign.connect(server.port, keep=False), "another fleet's session")
    after = store.calls()
    grown = {c: after[c] - before.get(c, 0) for c in after if after[c] != before.get(c, 0) and c not in ("ping", "set", "sadd", "pexpire")}
    must(not grown, f"{count} IDs that are none of ours made the server send {grown}")
    must(after.get("set", 0) - before.get("set", 0) <= 1, "only the last handshake was completed and stored")
    eventually(lambda: server.stats()["resumption"]["foreign"] >= count, 10, lambda: server.stats()["resumption"])
    note(f"{count} junk IDs in {time.monotonic() - began:.1f} s: no lookup")


if __name__ == "__main__":
    main()
