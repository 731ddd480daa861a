# SPDX-License-Identifier: MIT
"""Data of 0 bytes to 64 MiB, intact both ways, and half-closes (RFC 5246 7.2.1)."""

import hashlib
import os
import random
import threading
from functools import partial

import libssl
from cases import Case
from handfast import Connect, Serve, agreed, exact, identity, must, one
from peers import gnutls, openssl, python
from vocabulary import EVERY_SUITE, combination_of
from wire import Tap

KIB, MIB = 1 << 10, 1 << 20
SIZES = [0, 1, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, MIB, 64 * MIB]
PATIENCE = 60.0
MAKING = threading.Lock()


def payload(stage, size, seed=1):
    """A file of this size, made once in a run."""
    path = os.path.join(stage.pki.folder, f"payload-{size}-{seed}")
    with MAKING:
        if not os.path.exists(path):
            with open(path + ".new", "wb") as file:
                file.write(random.Random(seed).randbytes(size))
            os.rename(path + ".new", path)
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same(what, seen, sent):
    must(f"size of {what}", os.path.getsize(seen), os.path.getsize(sent))
    must(f"sha256 of {what}", digest(seen), digest(sent))


def arrives(process, size):
    process.until(lambda: os.path.getsize(process.out_path) >= size, f"{size} bytes of payload", PATIENCE)


def feed(process, path):
    with open(path, "rb") as file:
        process.write_later(file.read())


def connect_openssl(size, stage, suite=None, etm=None):
    """Different bytes each way at once, through s_server -quiet."""
    up, down = payload(stage, size, 1), payload(stage, size, 2)
    each, form = suite and combination_of(suite), ["-no_etm"] if etm is False else []
    server = openssl.server(stage, *form, combination=each, mode="-quiet", stdin="pipe")
    ours = Connect(stage, server.port, *(exact(each) if each else []), stdin="pipe")
    feed(ours.process, up)
    feed(server, down)
    arrives(ours.process, size)
    arrives(server, size)
    ours.process.close_stdin()
    agreed(one(ours.finish()))
    server.wait()
    same("what s_server got", server.out_path, up)
    same("what connect got", ours.process.out_path, down)


def serve_openssl(size, stage, suite=None, etm=None):
    each, form = suite and combination_of(suite), ["-no_etm"] if etm is False else []
    ours = Serve(stage, *(exact(each, server=True) if each else []))
    client = openssl.client(stage, ours.port, "-quiet", "-no_ign_eof", *form, combination=each, stdin="pipe")
    sent = payload(stage, size)
    feed(client, sent)
    arrives(client, size)
    client.close_stdin()
    client.wait()
    agreed(one(ours.finish()))
    same("what s_client got back", client.out_path, sent)


def connect_gnutls(size, stage):
    """gnutls-serv --echo answers lines: hexadecimal digits, a line feed at the end."""
    server = gnutls.server(stage)
    sent = stage.path("sent")
    with open(payload(stage, size // 2), "rb") as source, open(sent, "w") as file:
        file.write(source.read().hex()[1:] + "\n")
    ours = Connect(stage, server.port, stdin="pipe")
    feed(ours.process, sent)
    arrives(ours.process, size)
    ours.process.close_stdin()
    agreed(one(ours.finish()))
    same("what gnutls-serv echoed", ours.process.out_path, sent)


def serve_gnutls(size, stage):
    ours = Serve(stage)
    client = gnutls.client(stage, ours.port, f"--logfile={stage.path('gnutls.log')}", stdin="pipe")
    sent = payload(stage, size)
    feed(client, sent)
    arrives(client, size)
    client.close_stdin()
    client.wait()
    agreed(one(ours.finish()))
    same("what gnutls-cli got back", client.out_path, sent)


def connect_half_closed(size, stage):
    """Our close_notify first; all of the answer comes after it."""
    up, down = payload(stage, size, 1), payload(stage, size, 2)

    def behave(connection):
        got = hashlib.sha256()
        while octets := libssl.read(connection):
            got.update(octets)
        must("sha256 of what the server got", got.hexdigest(), digest(up))
        with open(down, "rb") as file:
            connection.sendall(file.read())
        libssl.half_close(connection)

    server = python.tls_server(stage, behave)
    ours = Connect(stage, server.port, stdin=up)
    agreed(one(ours.finish(timeout=PATIENCE)))
    server.finish()
    same("what connect got", ours.process.out_path, down)


def serve_half_closed(size, stage):
    """The client's close_notify comes while --echo still has to send."""
    sent, echoed = payload(stage, size), stage.path("echoed")
    ours = Serve(stage)
    connection = python.tls_client(stage, ours.port)
    with open(sent, "rb") as source, open(echoed, "wb") as sink:
        libssl.pass_both_ways(connection, source.fileno(), sink.fileno())
    connection.close()
    agreed(one(ours.finish(timeout=PATIENCE)))
    same("what the client got back", echoed, sent)


def both_handfast(size, stage):
    sent = payload(stage, size)
    server = Serve(stage)
    ours = Connect(stage, server.port, stdin=sent)
    agreed(one(ours.finish(timeout=PATIENCE)))
    agreed(one(server.finish()))
    same("what connect got back", ours.process.out_path, sent)


def connect_dribbled(size, stage):
    """Mutual, and every byte of it in a segment of its own."""
    server = openssl.server(stage, mode="-quiet", stdin="pipe", auth="require")
    tap = stage.keep(Tap(server.port, dribble=True))
    sent = payload(stage, size)
    ours = Connect(stage, tap.port, *identity(stage, "client-rsa"), stdin="pipe")
    feed(ours.process, sent)
    feed(server, sent)
    arrives(ours.process, size)
    arrives(server, size)
    ours.process.close_stdin()
    agreed(one(ours.finish()), peer_verified=True)
    same("what s_server got", server.out_path, sent)
    same("what connect got", ours.process.out_path, sent)


def serve_dribbled(size, stage):
    ours = Serve(stage, auth="require")
    tap = stage.keep(Tap(ours.port, dribble=True))
    client = openssl.client(stage, tap.port, "-quiet", "-no_ign_eof", cert="client-rsa", stdin="pipe")
    sent = payload(stage, size)
    feed(client, sent)
    arrives(client, size)
    client.close_stdin()
    agreed(one(ours.finish()), peer_verified=True)
    same("what s_client got back", client.out_path, sent)


def forwarded(size, stage):
    """serve --forward to a plain echo, half-closes passed on."""

    def echo(plain):
        while octets := plain.recv(1 << 16):
            plain.sendall(octets)

    backend = python.Server(stage, echo)
    ours = Serve(stage, mode=f"--forward=127.0.0.1:{backend.port}")
    client = openssl.client(stage, ours.port, "-quiet", "-no_ign_eof", stdin="pipe")
    sent = payload(stage, size)
    feed(client, sent)
    arrives(client, size)
    client.close_stdin()
    agreed(one(ours.finish()))
    backend.finish()
    same("what s_client got back", client.out_path, sent)


PLAYS = [
    ("OpenSSL", "client", "both ways at once, ", connect_openssl, SIZES),
    ("OpenSSL", "server", "echoed, ", serve_openssl, SIZES),
    ("GnuTLS", "client", "echoed, ", connect_gnutls, [MIB]),
    ("GnuTLS", "server", "echoed, ", serve_gnutls, [0, 1, 16 * KIB, MIB]),
    ("Python ssl", "client", "answered after our close_notify, ", connect_half_closed, SIZES),
    ("Python ssl", "server", "echoed after the client's close_notify, ", serve_half_closed, SIZES),
    ("OpenSSL", "client", "mutual, one byte at a time, ", connect_dribbled, [4 * KIB]),
    ("OpenSSL", "server", "mutual, one byte at a time, ", serve_dribbled, [4 * KIB]),
    ("OpenSSL", "server", "--forward, ", forwarded, [0, 1, MIB]),
    ("handfast", "both", "echoed after close_notify, ", both_handfast, SIZES),
]


def protection_cases():
    """The other ways to protect a record, with records of the lengths that a megabyte makes."""
    names = ("AES_128_CBC_SHA", "AES_128_CBC_SHA256", "AES_256_CBC_SHA384", "AES_128_CCM", "AES_256_CCM_8")
    for suite in EVERY_SUITE:
        if suite.kx_name == "ECDHE_ECDSA" and suite.bulk in names:
            for etm in (True, False) if suite.cbc else (None,):
                form = {True: ", encrypt-then-MAC", False: ", MAC-then-encrypt", None: ""}[etm]
                for role, play in (("client", connect_openssl), ("server", serve_openssl)):
                    what = f"{MIB} bytes, {suite.bulk}{form}"
                    yield Case("OpenSSL", role, "payload", what, partial(play, MIB, suite=suite, etm=etm))


def cases():
    return [*protection_cases()] + [
        Case(peer, role, "payload", f"{how}{size} bytes", partial(play, size))
        for peer, role, how, play, sizes in PLAYS
        for size in sizes
    ]
