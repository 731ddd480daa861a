# SPDX-License-Identifier: MIT
"""Python's ssl in TLS 1.3 beyond the full handshake: client certificates, resumption (RFC 8446 2.2), HelloRetryRequest (4.1.4), the client's
certificate asked for later (4.6.2), KeyUpdate (4.6.3). Python has no call for early data (0-RTT, 2.3), neither to send nor to take it, and
none for KeyUpdate, which libssl.py has. Our KeyUpdate that asks for an answer is that of --update-keys; the one that asks for none answers theirs."""

import ssl
from functools import partial

import libssl
from cases import LINE, Case, talk
from cases.post_handshake import reported, we_ask, we_ask_who_did_not_offer, we_update_as_client, we_update_as_server
from handfast import Connect, Serve, identity, in_turn, must
from peers import python

TLS13 = ["--min", "1.3", "--max", "1.3"]
V13 = ssl.TLSVersion.TLSv1_3
CERTS = ["p256", "rsa", "ed25519"]
CURVES = {"secp256r1": "prime256v1", "secp384r1": "secp384r1"}  # as set_ecdh_curve has them
TIMES = 3
ASKED, ALONE = b"\x01", b"\x00"  # update_requested, update_not_requested: RFC 8446 4.6.3


def subject(name):
    """As getpeercert() has it."""
    return ((("commonName", name),),)


def same_messages(seen, updates=(), hellos=1):
    must("ClientHellos, as Python has them", len(seen.bodies(libssl.CLIENT_HELLO)), hellos)
    must("KeyUpdates, as Python has them", seen.bodies(libssl.KEY_UPDATE), list(updates))


def watched(made):
    seen = libssl.Seen()
    seen.watch(made)
    return seen


# ---- handfast as client ----
def server_context(stage, cert="server-p256", auth=False, later=False):
    made = python.server_context(stage, cert, V13)
    if auth or later:
        made.load_verify_locations(stage.pki.ca)
        made.verify_mode = ssl.CERT_REQUIRED
    made.post_handshake_auth = later  # then nothing is asked for in the handshake
    return made


def echo(connection):
    """Lines, until the peer's close_notify."""
    must("version, as Python has it", connection.version(), "TLSv1.3")
    while octets := libssl.read(connection):
        connection.sendall(octets)
    connection.unwrap()


def whose(connection):
    return (connection.getpeercert() or {}).get("subject")


def connect_mutual(cert, stage):
    shown = []

    def behave(connection):
        shown.append(whose(connection))
        echo(connection)

    server = python.serve(stage, server_context(stage, f"server-{cert}", auth=True), behave)
    ours = Connect(stage, server.port, *TLS13, *identity(stage, f"client-{cert}"), stdin=LINE)
    reported(ours.finish(), peer_verified=True, peer_subject=f"CN=server-{cert}")
    server.finish()
    must("payload, echoed", ours.process.stdout, LINE)
    must("certificate Python saw", shown, [subject(f"client-{cert}")])


def connect_again(auth, kept, stage):
    """kept: the session stays with the server, and the ticket names it (OP_NO_TICKET)."""
    made = server_context(stage, auth=auth)
    made.options = made.options | ssl.OP_NO_TICKET if kept else made.options & ~ssl.OP_NO_TICKET
    told = []

    def behave(connection):
        told.append((connection.session_reused, whose(connection)))
        echo(connection)

    server = python.serve(stage, made, behave, count=1 + TIMES)
    mine = identity(stage, "client-p256") if auth else []
    ours = Connect(stage, server.port, *TLS13, *mine, f"--resume={TIMES}", stdin=LINE, tickets=True)
    found = in_turn(ours.finish(), False, *[True] * TIMES, by="ticket")
    for at, report in enumerate(found):
        reported([report], resumed=at > 0, peer_verified=True, peer_subject="CN=server-p256")
    server.finish()
    shown = subject("client-p256") if auth else None
    must("resumed, and whose certificate, as Python has it", told, [(at > 0, shown) for at in range(1 + TIMES)])


def connect_after_retry(group, stage):
    made = server_context(stage)
    made.set_ecdh_curve(CURVES[group])
    seen = watched(made)
    server = python.serve(stage, made, echo)
    ours = Connect(stage, server.port, *TLS13, "--groups", f"x25519,{group}", stdin=LINE)
    reported(ours.finish(), hello_retry_request=True, group=group, peer_verified=True)
    server.finish()
    must("payload, echoed", ours.process.stdout, LINE)
    same_messages(seen, hellos=2)


def lines(ours, *wanted):
    """One after the other, each when the former came back; then the end."""
    for line in wanted:
        ours.process.write(line)
        ours.process.until(lambda line=line: line in ours.process.stdout, f"{line!r} back")
    ours.process.close_stdin()


def connect_asked_later(stage):
    """Twice; what follows each CertificateRequest finds the certificate there."""
    shown = []

    def behave(connection):
        for _ in range(2):
            octets = connection.recv(100)
            connection.verify_client_post_handshake()
            connection.sendall(octets)
        shown.append(whose(connection))
        echo(connection)

    server = python.serve(stage, server_context(stage, later=True), behave)
    ours = Connect(stage, server.port, *TLS13, *identity(stage, "client-p256"), stdin="pipe")
    lines(ours, b"first\n", b"second\n", b"third\n")
    reported(ours.finish(), authentications=2, client_scheme="ecdsa_secp256r1_sha256", peer_subject="CN=server-p256")
    server.finish()
    must("certificate Python saw", shown, [subject("client-p256")])


def connect_offers_nothing(stage):
    """Without a certificate there is no post_handshake_auth (RFC 8446 4.2.6), and Python does not ask."""

    def behave(connection):
        try:
            connection.verify_client_post_handshake()
        except ssl.SSLError as refused:
            must("what Python says", refused.reason, "EXTENSION_NOT_RECEIVED")
            echo(connection)

    server = python.serve(stage, server_context(stage, later=True), behave)
    ours = Connect(stage, server.port, *TLS13, stdin=LINE)
    reported(ours.finish())
    server.finish()
    must("payload, echoed", ours.process.stdout, LINE)


def connect_updates(stage):
    made = server_context(stage)
    seen = watched(made)
    server = python.serve(stage, made, echo)
    we_update_as_client(lambda _: server, LINE, LINE, stage)
    server.finish()
    same_messages(seen, [("read", ASKED), ("write", ALONE)])


def connect_is_updated(stage):
    def behave(connection):
        for ask in (True, False):
            octets = connection.recv(100)
            libssl.update_keys(connection, ask)
            connection.sendall(octets)
        echo(connection)

    made = server_context(stage)
    seen = watched(made)
    server = python.serve(stage, made, behave)
    ours = Connect(stage, server.port, *TLS13, stdin="pipe")
    lines(ours, b"first\n", b"second\n", b"third\n")
    reported(ours.finish(), sent=1, received=2)
    server.finish()
    same_messages(seen, [("write", ASKED), ("read", ALONE), ("write", ALONE)])


# ---- handfast as server ----
def start(stage, port, *options, cert=None):
    """options: what is done to the context before it connects."""
    made = python.client_context(stage, cert, V13)
    for each in options:
        each(made)
    return python.Client(python.connect(stage, made, port))


def offering(made):
    made.post_handshake_auth = True


def serve_mutual(cert, stage):
    ours = Serve(stage, *TLS13, certs=[f"server-{cert}"], auth="require")
    client = start(stage, ours.port, cert=f"client-{cert}")
    must("certificate Python saw", whose(client.connection), subject(f"server-{cert}"))
    talk(client)
    reported(ours.finish(), peer_verified=True, peer_subject=f"CN=client-{cert}")


def serve_again(auth, sealed, stage):
    cert = "client-p256" if auth else None
    ours = Serve(stage, *TLS13, *(["--tickets"] if sealed else []), auth="require" if auth else "none", count=1 + TIMES)
    reused = python.resuming(stage, ours.port, TIMES, cert, V13)
    must("session_reused", reused, [False, *[True] * TIMES])
    found = in_turn(ours.finish(), False, *[True] * TIMES, by="ticket" if sealed else "ID")
    for at, report in enumerate(found):
        reported([report], resumed=at > 0, peer_verified=auth, peer_subject=f"CN={cert}" if auth else None)


def serve_after_retry(group, stage):
    """Python's share is of x25519: set_ecdh_curve takes one group, and leaves a client no other to go to."""
    seen = libssl.Seen()
    ours = Serve(stage, *TLS13, "--groups", group)
    talk(start(stage, ours.port, seen.watch))
    reported(ours.finish(), hello_retry_request=True, group=group)
    same_messages(seen, hellos=2)


def serve_updates(stage):
    seen = libssl.Seen()
    we_update_as_server(partial(start_watched, seen), stage)
    same_messages(seen, [("read", ASKED), ("write", ALONE)])


def start_watched(seen, stage, port):
    return start(stage, port, seen.watch)


def serve_is_updated(stage):
    seen = libssl.Seen()
    ours = Serve(stage, *TLS13)
    client = start_watched(seen, stage, ours.port)
    for ask, line in ((True, b"first\n"), (False, b"second\n"), (True, b"third\n")):
        libssl.update_keys(client.connection, ask)
        client.write(line)
        client.says(line.decode())
    client.close_stdin()
    client.wait()
    reported(ours.finish(), sent=2, received=3)
    asked = [("write", ASKED), ("read", ALONE)]
    same_messages(seen, [*asked, ("write", ALONE), *asked])


def rows():
    for cert in CERTS:
        yield "client", "TLS 1.3, mutual", cert, partial(connect_mutual, cert)
        yield "server", "TLS 1.3, mutual", cert, partial(serve_mutual, cert)
    for auth in (False, True):
        feature = "TLS 1.3, resumed" + (", mutual" if auth else "")
        for kept in (False, True):
            yield "client", feature, "ticket of a kept session" if kept else "ticket", partial(connect_again, auth, kept)
        for sealed in (False, True):
            yield "server", feature, "sealed ticket" if sealed else "ticket", partial(serve_again, auth, sealed)
    for group in CURVES:
        yield "client", "HelloRetryRequest", f"x25519, then {group}", partial(connect_after_retry, group)
        yield "server", "HelloRetryRequest", f"x25519, then {group}", partial(serve_after_retry, group)
    for role, what, play in [
        ("client", "our certificate, later, twice", connect_asked_later),
        ("client", "no certificate, and post_handshake_auth is not offered", connect_offers_nothing),
        ("client", "our KeyUpdate", connect_updates),
        ("client", "its KeyUpdates, with an answer and without", connect_is_updated),
        ("server", "its certificate, later", partial(we_ask, start, [offering], "client-p256")),
        ("server", "no certificate, later", partial(we_ask, start, [offering], None)),
        ("server", "its certificate, and it did not offer post_handshake_auth", partial(we_ask_who_did_not_offer, start)),
        ("server", "our KeyUpdate", serve_updates),
        ("server", "its KeyUpdates, with an answer and without", serve_is_updated),
    ]:
        yield role, "post-handshake", what, play


def cases():
    return [Case("Python ssl", role, feature, what, play) for role, feature, what, play in rows()]
