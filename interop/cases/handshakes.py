# SPDX-License-Identifier: MIT
"""Suites × groups × certificate types, with and without client certificates, each full and then resumed."""

from functools import partial

from cases import LINE, Case
from handfast import Connect, Serve, agreed, exact, identity, in_turn, must, must_say
from peers import gnutls, openssl
from vocabulary import COMBINATIONS

RECONNECTS = 5  # s_client -reconnect


def client_identity(stage, combination, mutual):
    return identity(stage, f"client-{combination.kind.key}") if mutual else []


def full_then_resumed(found, combination, count=2, **wanted):
    in_turn(found, False, *[True] * (count - 1))
    for report in found:
        agreed(report, combination, **wanted)


def connect_to_openssl(combination, mutual, stage):
    server = openssl.server(
        stage, cert=f"server-{combination.kind.key}", combination=combination, count=2,
        auth="require" if mutual else "none",
    )  # fmt: skip
    ours = Connect(
        stage, server.port, "--resume", *exact(combination), *client_identity(stage, combination, mutual), stdin=LINE
    )
    full_then_resumed(ours.finish(), combination, peer_verified=True)
    must("payload, reversed by s_server", ours.process.stdout.strip(), LINE.strip()[::-1])
    must("exit of s_server", server.wait(5), 0)
    must_say("s_server", server.text, f"Ciphersuite: {combination.suite.openssl}")
    if mutual:
        must_say("s_server", server.text, f"Peer certificate: CN = client-{combination.kind.key}")


def serve_openssl(combination, mutual, stage):
    ours = Serve(
        stage, *exact(combination, server=not mutual), certs=[f"server-{combination.kind.key}"],
        auth="require" if mutual else "none", count=1 + RECONNECTS,
    )  # fmt: skip
    cert = f"client-{combination.kind.key}" if mutual else None
    client = openssl.client(stage, ours.port, "-reconnect", cert=cert, combination=combination, stdin="pipe")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of s_client", client.wait(), 0)
    full_then_resumed(ours.finish(), combination, 1 + RECONNECTS, peer_verified=mutual)
    must("connections s_client reused", client.text.count("\nReused, TLSv1.2"), RECONNECTS)
    must_say("s_client", client.text, "Verify return code: 0 (ok)", f"Cipher is {combination.suite.openssl}")


def connect_to_gnutls(combination, mutual, stage):
    server = gnutls.server(
        stage, cert=f"server-{combination.kind.key}", combination=combination,
        auth="require" if mutual else "none",
    )  # fmt: skip
    ours = Connect(
        stage, server.port, "--resume", *exact(combination), *client_identity(stage, combination, mutual), stdin=LINE
    )
    full_then_resumed(ours.finish(), combination, peer_verified=True)
    must("payload, echoed by gnutls-serv", ours.process.stdout, LINE)
    must_say("gnutls-serv", server.text, "This is a resumed session")


def serve_gnutls(combination, mutual, stage):
    ours = Serve(
        stage, *exact(combination, server=not mutual), certs=[f"server-{combination.kind.key}"],
        auth="require" if mutual else "none", count=2,
    )  # fmt: skip
    cert = f"client-{combination.kind.key}" if mutual else None
    client = gnutls.client(stage, ours.port, "--resume", cert=cert, combination=combination, stdin="pipe")
    client.says("This is a resumed session")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of gnutls-cli", client.wait(), 0)
    full_then_resumed(ours.finish(), combination, peer_verified=mutual)
    must_say("gnutls-cli", client.text, "The certificate is trusted")


PLAYS = [
    ("OpenSSL", "client", connect_to_openssl),
    ("OpenSSL", "server", serve_openssl),
    ("GnuTLS", "client", connect_to_gnutls),
    ("GnuTLS", "server", serve_gnutls),
]


def cases():
    return [
        Case(peer, role, "mutual + resumed" if mutual else "full + resumed", str(each), partial(play, each, mutual))
        for peer, role, play in PLAYS
        for each in COMBINATIONS
        for mutual in (False, True)
    ]
