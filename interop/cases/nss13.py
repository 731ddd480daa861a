# SPDX-License-Identifier: MIT
"""NSS in TLS 1.3 beyond the full handshake: resumption, early data, HelloRetryRequest, the client's certificate asked for later, our KeyUpdate
(RFC 8446 4.6.3), which asks for an answer. None of its programs has an option to send a KeyUpdate by itself: theirs are answers to ours."""

import time
from functools import partial

from cases import Case
from cases.payload import payload, same
from cases.post_handshake import reported, we_update_as_client
from handfast import Connect, Serve, agreed, identity, in_turn, must, one
from peers import nss, web

TLS13 = ["--min", "1.3", "--max", "1.3"]
NSS_WINDOW = 10.2  # seconds
SILENCE = 3
ONLY13 = ["-V", "tls1.3:tls1.3"]


def spoken(report, **wanted):
    agreed(report, version="TLS 1.3", **wanted)


def request_file(stage):
    with open(stage.path("request"), "wb") as f:
        f.write(web.REQUEST)
    return stage.path("request")


def resumes(auth, stage):
    """selfserv gives tickets with -u."""
    server = nss.server(stage, *ONLY13, "-u", auth=auth)
    mine = identity(stage, "client-p256") if auth == "require" else []
    ours = Connect(stage, server.port, *TLS13, *mine, "--resume=2", stdin=web.REQUEST, tickets=True)
    for report in in_turn(ours.finish(), False, True, True, by="ticket"):
        spoken(report, peer_verified=True)


def serves_again(sealed, stage):
    """tstclnt -L 2 connects again by itself."""
    ours = Serve(stage, *TLS13, *(["--tickets"] if sealed else []), mode="--http", count=2)
    nss.client(stage, ours.port, *ONLY13, "-L", "2", "-A", request_file(stage)).wait()
    for report in in_turn(ours.finish(), False, True, by="ticket" if sealed else "ID"):
        spoken(report)


def takes_early_data(stage):
    """tstclnt offers it and ends it, and says nothing in it."""
    ours = Serve(stage, *TLS13, "--early-data", 1000, mode="--http", count=2)
    nss.client(stage, ours.port, *ONLY13, "-Z", "-L", "2", "-A", request_file(stage)).wait()
    first, second = ours.finish()
    must("early data of the first", first["early_data"], "not_offered")
    spoken(second, resumed=True, early_data="accepted")


def gives_early_data(stage):
    """selfserv -Z takes none in its first ten seconds, nor what is five seconds older or younger than the client says (RFC 8446 8.3). Half of
    the request comes early, or it would answer and hang up before it has read the client's Finished."""
    method, rest = web.REQUEST.split(b"\r\n", 1)
    with open(stage.path("early"), "wb") as f:
        f.write(method + b"\r\n")
    server = nss.server(stage, *ONLY13, "-u", "-Z")
    kept = ["--session-out", stage.path("session")]
    first = one(Connect(stage, server.port, *TLS13, *kept, stdin=web.REQUEST, tickets=True).finish())
    spoken(first, resumed=False, early_data="not_offered")
    time.sleep(NSS_WINDOW)
    for _ in range(2):
        again = Connect(stage, server.port, *TLS13, *kept, "--session-in", stage.path("session"), "--early-data", stage.path("early"), stdin=rest, tickets=True)
        spoken(one(again.finish()), resumed=True, early_data="accepted", early_out=len(method) + 2, bytes_out=len(rest), peer_verified=True)


def asks_again(stage):
    """A share of x25519 and P-256, and a server of P-384: RFC 8446 4.1.4."""
    ours = Serve(stage, *TLS13, "--groups", "secp384r1", mode="--http")
    client = nss.client(stage, ours.port, *ONLY13, "-I", "x25519,P256,P384", stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    spoken(one(ours.finish()), group="secp384r1", hello_retry_request=True)


def is_asked_again(stage):
    server = nss.server(stage, *ONLY13, "-I", "P384", cert="server-p384")
    ours = Connect(stage, server.port, *TLS13, "--groups", "x25519,secp384r1", stdin=web.REQUEST)
    spoken(one(ours.finish()), group="secp384r1", hello_retry_request=True, peer_verified=True)


def asks_for_a_certificate(stage):
    ours = Serve(stage, *TLS13, "--request-client-cert", "--ca", stage.pki.ca, mode="--http")
    client = nss.client(stage, ours.port, *ONLY13, "-E", "-n", "client-p256", stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    reported(ours.finish(), authentications=1, peer_verified=True, peer_subject="CN=client-p256")


def asked_later(need, stage):
    """selfserv -E asks behind the request, before it answers: with -r three times it asks, with a fourth it insists."""
    server = nss.server(stage, *ONLY13, "-E", *["-r"] * need, cert="server-rsa")
    ours = Connect(stage, server.port, *TLS13, *identity(stage, "client-p256"), stdin="pipe")
    ours.ask(web.REQUEST, b"200 OK")
    reported(ours.finish(), authentications=1, client_scheme="ecdsa_secp256r1_sha256", peer_subject="CN=server-rsa")
    server.says("Subject: CN=client-p256")
    server.says("-- SSL3: Certificate Validated.")


def selfserv(stage):
    return nss.server(stage, *ONLY13)


def we_update(stage):
    """tstclnt ends when the server closes, and not when its input has ended: the server does, of silence, once all has come back."""
    sent = payload(stage, 1 << 20)
    ours = Serve(stage, *TLS13, "--update-keys", "--idle-timeout", SILENCE)
    client = nss.client(stage, ours.port, *ONLY13, stdin=sent)
    must("exit of tstclnt", client.wait(), 0)
    reported(ours.finish(None), sent=1, received=1, peer_subject=None)
    same("what tstclnt got back", client.out_path, sent)


def cases():
    found = [
        Case("NSS", "server", "early data", "tstclnt -Z", takes_early_data),
        Case("NSS", "client", "early data", "selfserv -Z", gives_early_data),
        Case("NSS", "server", "HelloRetryRequest", "secp384r1", asks_again),
        Case("NSS", "client", "HelloRetryRequest", "secp384r1", is_asked_again),
        Case("NSS", "server", "post-handshake", "tstclnt -E", asks_for_a_certificate),
        Case("NSS", "client", "post-handshake", "our certificate, later", partial(asked_later, 3)),
        Case("NSS", "client", "post-handshake", "our certificate, later, which it insists on", partial(asked_later, 4)),
        Case("NSS", "client", "post-handshake", "our KeyUpdate", partial(we_update_as_client, selfserv, web.REQUEST, b"200 OK")),
        Case("NSS", "server", "post-handshake", "our KeyUpdate", we_update),
    ]
    for auth in ("none", "require"):
        found.append(Case("NSS", "client", "TLS 1.3, resumed", f"client-auth {auth}", partial(resumes, auth)))
    for sealed in (False, True):
        found.append(Case("NSS", "server", "TLS 1.3, resumed", "sealed tickets" if sealed else "tickets", partial(serves_again, sealed)))
    return found
