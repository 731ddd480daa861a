# SPDX-License-Identifier: MIT
"""psk_ke, RFC 8446 4.2.9: a key alone, without a key exchange. Sessions that are resumed so (external_psk has external keys), both roles; and
the two modes beside each other, of which the one with a key exchange is taken. What ServerHello holds is read from the handshake itself.

OpenSSL takes it with -allow_no_dhe_kex where no group is in common; GnuTLS by its priorities alone, where +PSK has no +ECDHE-PSK beside it. NSS,
Go, OpenJDK, Node and rustls speak psk_dhe_ke only. gnutls-cli sends an empty list of keys with +PSK until it has one (RFC 8446 4.2.11 has at least
one in it): so it has one that nobody knows."""

import json
from functools import partial

from cases import LINE, Case, talk
from handfast import Connect, Serve, agreed, must, must_say, resumed_by
from peers import gnutls, openssl

SEEN = ["--min", "1.3", "--flow=json"]
ALONE, BOTH = ["pre_shared_key"], ["key_share", "pre_shared_key"]
GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
STRANGER = ["--pskusername", "nobody", "--pskkey", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"]


def told(process):
    """The reports, and of each ServerHello the names of its extensions but supported_versions."""
    events = [json.loads(line) for line in (process.stderr + process.stdout).splitlines() if line.startswith(b"{")]
    hellos = [event["fields"] for event in events if event.get("name") == "ServerHello"]
    groups = [field["fields"] for fields in hellos for field in fields if field["name"] == "extensions"]
    names = [sorted({extension["name"] for extension in group} - {"supported_versions"}) for group in groups]
    return [event for event in events if event["event"] == "connection"], names


def resumed(process, *hellos, group=None, by="ticket"):
    reports, names = told(process)
    must("extensions of ServerHello", names, list(hellos))
    must("resumed", [report["resumed"] for report in reports], [hello != ["key_share"] for hello in hellos])
    for report in reports:
        agreed(report, version="TLS 1.3", **({"group": group} if report["resumed"] else {}))
        resumed_by(report, by)


def connect(stage, port, *options, first=False):
    """One connection, by the session that the one before has left."""
    kept = stage.path("session")
    come_back = [] if first else ["--session-in", kept]
    ours = Connect(stage, port, *SEEN, *come_back, "--session-out", kept, *options, stdin=LINE, tickets=True)
    ours.finish()
    return ours.process


# ---- as client ----
def connect_to_openssl(stage):
    """What s_server gives at first is earned with the one group that it has."""
    server = openssl.server(stage, "-allow_no_dhe_kex", "-groups", "P-256", tls="-tls1_3", count=3, tickets=True)
    resumed(connect(stage, server.port, "--psk-alone", "--groups", "secp256r1", first=True), ["key_share"])
    for _ in range(2):
        resumed(connect(stage, server.port, "--psk-alone", "--groups", "x25519"), ALONE)
    must("exit of s_server", server.wait(5), 0)


def connect_to_openssl_with_a_group(stage):
    server = openssl.server(stage, "-allow_no_dhe_kex", "-groups", "P-256", tls="-tls1_3", count=2, tickets=True)
    resumed(connect(stage, server.port, "--psk-alone", "--groups", "secp256r1", first=True), ["key_share"])
    resumed(connect(stage, server.port, "--psk-alone", "--groups", "secp256r1"), BOTH, group="secp256r1")
    must("exit of s_server", server.wait(5), 0)


def connect_to_gnutls(stage):
    server = gnutls.server(stage, priority=f"{GNUTLS}:+PSK", tickets=True)
    resumed(connect(stage, server.port, "--psk-alone", first=True), ["key_share"])
    for _ in range(2):
        resumed(connect(stage, server.port, "--psk-alone"), ALONE)
    must_say("gnutls-serv", server.text, "This is a resumed session")


# ---- as server ----
def serve_openssl(sealed, stage):
    """s_client keeps the last ticket of two in its file; a sealed one is good again."""
    ours = Serve(stage, *SEEN, "--psk-alone", "--groups", "x25519", *(["--tickets"] if sealed else []), count=3 if sealed else 2)
    hellos = {"X25519 -sess_out": ["key_share"], "P-256 -sess_in": ALONE, "X25519 -sess_in": BOTH}
    for how in list(hellos)[: ours.count]:
        groups, kept = how.split()
        client = openssl.client(stage, ours.port, "-allow_no_dhe_kex", "-groups", groups, kept, stage.path("session"), tls="-tls1_3", stdin="pipe", tickets=True)
        talk(client)
    must_say("s_client", client.text, "Reused, TLSv1.3")
    ours.finish()
    reports, names = told(ours.process)
    must("extensions of ServerHello", names, list(hellos.values())[: ours.count])
    must("groups", [report["group"] for report in reports], ["x25519", None, "x25519"][: ours.count])
    for report in reports:
        agreed(report, version="TLS 1.3", resumed=report is not reports[0])
        resumed_by(report, "ticket" if sealed else "ID")


def serve_gnutls(sealed, stage):
    ours = Serve(stage, *SEEN, "--psk-alone", *(["--tickets"] if sealed else []), count=2)
    words = ["--resume", "--waitresumption", *STRANGER]
    client = gnutls.client(stage, ours.port, *words, priority=f"{GNUTLS}:+PSK", stdin="pipe", tickets=True)
    talk(client)
    must_say("gnutls-cli", client.text, "This is a resumed session")
    ours.finish()
    resumed(ours.process, ["key_share"], ALONE, by="ticket" if sealed else "ID")


def no_key_alone(stage):
    """A server that was not told to does without no key exchange: the handshake is full, and gives no tickets that were of no use."""
    ours = Serve(stage, *SEEN, count=2)
    words = ["--resume", *STRANGER]
    gnutls.client(stage, ours.port, *words, priority=f"{GNUTLS}:+PSK", tickets=True).wait()
    ours.finish()
    reports, names = told(ours.process)
    must("extensions of ServerHello", names, [["key_share"], ["key_share"]])
    must("resumed", [report["resumed"] for report in reports], [False, False])


def cases():
    found = [
        Case("OpenSSL", "client", "psk_ke, resumed", "no group in common", connect_to_openssl),
        Case("OpenSSL", "client", "psk_ke, resumed", "a group in common: psk_dhe_ke", connect_to_openssl_with_a_group),
        Case("GnuTLS", "client", "psk_ke, resumed", "+PSK", connect_to_gnutls),
        Case("GnuTLS", "server", "psk_ke, resumed", "not allowed", no_key_alone),
    ]
    for sealed in (False, True):
        kind = "sealed tickets" if sealed else "tickets"
        found.append(Case("OpenSSL", "server", "psk_ke, resumed", kind, partial(serve_openssl, sealed)))
        found.append(Case("GnuTLS", "server", "psk_ke, resumed", kind, partial(serve_gnutls, sealed)))
    return found
