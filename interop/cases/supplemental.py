# SPDX-License-Identifier: MIT
"""SupplementalData (RFC 4680) against a program on GnuTLS's library, written for it: gnutls_supplemental.c."""

import os

from capture import CLIENT, Listener
from cases import Case
from handfast import TLS_FAILED, Connect, Serve, agreed, identity, must, must_say
from processes import Mismatch

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "gnutls_supplemental.c")
AUTHZ_DATA, PRIVATE = 16386, 65400
CLIENT_HELLO, CERTIFICATE, SUPPLEMENTAL_DATA = 1, 11, 23
OURS = b"from handfast"
THEIRS = b"from GnuTLS".hex().upper()
IN_CLEAR = ["--unsafe-supplemental-in-clear"]
ALONE = [*IN_CLEAR, "--unsafe-supplemental-without-extension"]


def peer(stage, role, port, kind, way):
    """Compiles the program and starts it."""
    program = stage.path("gnutls_supplemental")
    made = stage.run("cc", ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE, "-lgnutls"], timeout=60)
    if made.child.returncode != 0:
        raise Mismatch("gnutls_supplemental.c does not compile: is libgnutls28-dev installed?")
    return stage.start(f"gnutls-{role}", [program, role, port, kind, way, stage.pki.cert("server-p256"), stage.pki.key("server-p256")])


def option(stage, kind, sends=True):
    path = stage.path("ours")
    with open(path, "wb") as file:
        file.write(OURS)
    return ["--supplemental", f"{kind}:{path}" if sends else str(kind)]


def received(report, kind, way):
    wanted = [] if way == "silent" else [{"type": kind, "in_clear": True, "data": THEIRS}]
    must("supplemental data", report.get("supplemental"), wanted)


def heard(process, sends):
    process.says("handshake complete")
    if sends:
        must_say("GnuTLS", process.text, f"received {OURS.hex().upper()}")
    elif "received" in process.text:
        raise Mismatch("GnuTLS received supplemental data that nobody sent")


def as_client(kind, way, options, sends=True):
    def play(stage):
        port = stage.ports.take()
        server = peer(stage, "server", port, kind, way)
        server.listens(port)
        client = Connect(stage, port, *option(stage, kind, sends), *options)
        report = client.finish()[0]
        agreed(report)
        received(report, kind, way)
        heard(server, sends)

    return play


def as_server(kind, way, options, sends=True):
    def play(stage):
        server = Serve(stage, *option(stage, kind, sends), *options)
        client = peer(stage, "client", server.port, kind, way)
        report = server.finish()[0]
        agreed(report)
        received(report, kind, way)
        heard(client, sends)

    return play


def refused_as_client(way, error, alert):
    def play(stage):
        port = stage.ports.take()
        server = peer(stage, "server", port, AUTHZ_DATA, way)
        server.listens(port)
        report = Connect(stage, port, *option(stage, AUTHZ_DATA), *IN_CLEAR).finish(TLS_FAILED)[0]
        must("error", report.get("error"), error)
        must("alert", report.get("alert"), alert)

    return play


def refused_as_server(way, error, alert):
    def play(stage):
        server = Serve(stage, *option(stage, AUTHZ_DATA), *IN_CLEAR)
        peer(stage, "client", server.port, AUTHZ_DATA, way)
        report = server.finish(TLS_FAILED)[0]
        must("error", report.get("error"), error)
        must("alert", report.get("alert"), alert)

    return play


def hidden(stage):
    """By default nothing is agreed in the clear, whatever the peer offers."""
    server = Serve(stage, *option(stage, AUTHZ_DATA))
    client = peer(stage, "client", server.port, AUTHZ_DATA, "mute")
    report = server.finish()[0]
    agreed(report)
    must("supplemental data", report.get("supplemental"), [])
    heard(client, False)


def decoded(stage, capture, *options):
    """(who, HandshakeType) of what tshark can read, in order."""
    seen = stage.run("tshark", ["tshark", "-r", capture, "-d", "tcp.port==443,tls", *options, "-Y", "tls.handshake.type",
                                "-T", "fields", "-e", "ip.src", "-e", "tls.handshake.type"], timeout=60)  # fmt: skip
    if seen.child.returncode != 0:
        raise Mismatch("tshark cannot read the capture: is it installed?")
    rows = [line.split("\t") for line in seen.stdout.decode().splitlines()]
    return [("client" if row[0] == CLIENT[0] else "server", int(kind)) for row in rows for kind in row[1].split(",")]


def double(options, where):
    """RFC 4680 4, U6: a listener sees one handshake without the client's certificate and without SupplementalData."""

    def play(stage):
        keys = stage.path("keys")
        server = Serve(stage, *option(stage, PRIVATE), *options, auth="require")
        listener = stage.keep(Listener(server.port))
        mine = [*option(stage, PRIVATE), *options, *identity(stage, "client-p256"), "--user-mapping", "upn:alice@example.com"]
        report = Connect(stage, listener.port, *mine, "--keylog", keys).finish()[0]
        agreed(report, peer_verified=True)
        served = server.finish()[0]
        agreed(served, peer_verified=True)
        wanted = {"type": PRIVATE, "in_clear": where == "clear", "data": OURS.hex().upper()}
        must("what the server got", served["supplemental"][0], wanted)
        must("what the client got", report["supplemental"], [wanted])
        listener.write(stage.path("capture.pcap"))
        judge_capture(stage, listener, keys, where)

    return play


def judge_capture(stage, listener, keys, where):
    seen = decoded(stage, stage.path("capture.pcap"))
    hidden = where != "clear"
    must("SupplementalData seen", [who for who, kind in seen if kind == SUPPLEMENTAL_DATA], [] if hidden else ["server", "client"])
    must("Certificates seen", [who for who, kind in seen if kind == CERTIFICATE], ["server"] if hidden else ["server", "client"])
    must("the data is in the bytes", OURS in listener.octets(), not hidden)
    if hidden:  # and it is there: whoever has the keys reads it, in the second handshake
        seen = decoded(stage, stage.path("capture.pcap"), "-o", f"tls.keylog_file:{keys}")
        must("SupplementalData under the keys", [who for who, kind in seen if kind == SUPPLEMENTAL_DATA], ["server", "client"])
        must("ClientHellos under the keys", [who for who, kind in seen if kind == CLIENT_HELLO], ["client", "client"])


def cases():
    # RFC 4680 2: a message nobody agreed on, and one that has to hold an entry
    unexpected, malformed = ("UNEXPECTED_MESSAGE", "unexpected_message"), ("MALFORMED_MESSAGE", "decode_error")
    rows = [
        ("client", "negotiated by client_authz and server_authz", as_client(AUTHZ_DATA, "negotiated", IN_CLEAR)),
        ("server", "negotiated by client_authz and server_authz", as_server(AUTHZ_DATA, "negotiated", IN_CLEAR)),
        ("client", "negotiated, the peer sends nothing", as_client(AUTHZ_DATA, "silent", IN_CLEAR)),
        ("server", "negotiated, the peer sends nothing", as_server(AUTHZ_DATA, "silent", IN_CLEAR)),
        ("client", "without an extension, in the laboratory", as_client(PRIVATE, "alone", ALONE)),
        ("server", "without an extension, in the laboratory", as_server(PRIVATE, "alone", ALONE)),
        ("client", "without an extension is refused", refused_as_client("alone", *unexpected)),
        ("server", "without an extension is refused", refused_as_server("deaf", *unexpected)),
        ("client", "a message without entries is refused", refused_as_client("empty", *malformed)),
        ("server", "a message without entries is refused", refused_as_server("empty", *malformed)),
        ("server", "not in the clear unless told so", hidden),
    ]
    watched = [
        ("double handshake: nothing to be seen", double(["--double-handshake"], "hidden")),
        ("in the clear, all to be seen", double(IN_CLEAR, "clear")),
    ]
    return [Case("GnuTLS", role, "supplemental data", what, play) for role, what, play in rows] + [
        Case("tshark", "both", "supplemental data", what, play) for what, play in watched
    ]
