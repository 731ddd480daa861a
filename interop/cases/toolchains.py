# SPDX-License-Identifier: MIT
"""The stacks that programs in Go, Java, JavaScript and Rust are built on, against handfast as its policy `default` has it: TLS 1.3
(RFC 8446) full, mutual, resumed by a ticket (2.2), after a HelloRetryRequest (4.1.4), and TLS 1.2 with those that have no more."""

from functools import partial

from cases import LINE, Case
from handfast import DEFAULT, TLS_FAILED, Connect, Serve, agreed, identity, in_turn, must, must_say, one
from peers import go, jsse, node, rustls
from peers.toolchain import agreements

PEERS = [go.PEER, jsse.PEER, node.PEER, rustls.PEER]
CERTS = ["p256", "p384", "rsa", "ed25519"]
TIMES = 2  # connections that resume
NAMES = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}
GROUPS = {"X25519": "x25519", "prime256v1": "secp256r1", "secp384r1": "secp384r1"}  # as Node's client says which it was
# The group of the first key share, and the one it is asked to go to. Go orders the groups itself, X25519 first; JSSE sends a share of its
# first curve of either kind, X25519 and X448, and those of NIST.
RETRIES = [("x25519", "secp384r1"), ("secp256r1", "secp384r1")]
PATIENCE = 30


def whose(peer, name):
    """What the peer's program says of the certificate it was shown."""
    return (name if peer.names_peer else "unnamed") if name else "-"


def same(peer, process, reports, shown=None):
    """Both sides say the same of every connection: version, suite, resumed; and whose certificate it saw."""
    must(f"exit of the program in {peer.name}", process.wait(PATIENCE), 0)
    theirs = agreements(process)
    must(f"connections {peer.name} tells of", len(theirs), len(reports))
    for report, their in zip(reports, theirs):
        must(f"version, as {peer.name} has it", their["version"], report["version"].replace(" ", ""))
        must(f"suite, as {peer.name} has it", their["suite"], report["suite"])
        if not (peer.forgets_server and report["role"] == "server" and report["resumed"]):
            must(f"certificate {peer.name} saw", their["peer"], whose(peer, shown))
        if "group" in their:
            must(f"group, as {peer.name} has it", GROUPS.get(their["group"]), report["group"])
        if peer.tells_resumed:
            must(f"resumed, as {peer.name} has it", their["resumed"], "yes" if report["resumed"] else "no")


def each_agreed(reports, version, **wanted):
    for report in reports:
        agreed(report, version=f"TLS {version}", **wanted)


# ---- handfast as client ----
def their_server(peer, stage, cert="p256", auth=False, **asked):
    ca = stage.pki.ca if auth else None
    name = f"server-{cert}"
    return peer.server(stage, cert=stage.pki.cert(name), key=stage.pki.key(name), ca=ca, **asked)


def connect(peer, version, cert, auth, stage):
    server = their_server(peer, stage, cert, auth, min=version, max=version)
    mine = identity(stage, f"client-{cert}") if auth else []
    ours = Connect(stage, server.port, DEFAULT, *mine, stdin=LINE, timeout=PATIENCE)
    reports = in_turn(ours.finish(timeout=PATIENCE), False)
    each_agreed(reports, version, peer_verified=True)
    must("payload, echoed", ours.process.stdout, LINE)
    same(peer, server, reports, f"client-{cert}" if auth else None)


def connect_again(peer, version, auth, stage):
    times = TIMES if peer.gives_again else 1
    server = their_server(peer, stage, auth=auth, min=version, max=version, count=1 + times)
    mine = identity(stage, "client-p256") if auth else []
    ours = Connect(stage, server.port, DEFAULT, *mine, f"--resume={times}", stdin=LINE, tickets=True, timeout=PATIENCE)
    reports = in_turn(ours.finish(timeout=PATIENCE), False, *[True] * times, by="ticket")
    each_agreed(reports, version, peer_verified=True)
    same(peer, server, reports, "client-p256" if auth else None)


def connect_after_retry(peer, first, then, stage):
    server = their_server(peer, stage, min="1.3", groups=NAMES[then])
    ours = Connect(stage, server.port, DEFAULT, "--groups", f"{first},{then}", stdin=LINE, timeout=PATIENCE)
    if peer is rustls.PEER:
        refused_retry(ours)
        return
    reports = in_turn(ours.finish(timeout=PATIENCE), False)
    each_agreed(reports, "1.3", group=then, hello_retry_request=True, peer_verified=True)
    must("payload, echoed", ours.process.stdout, LINE)
    same(peer, server, reports)


def refused_retry(ours):
    """rustls 0.20 leaves legacy_session_id_echo of a HelloRetryRequest empty, which clients MUST refuse (RFC 8446 4.1.3)."""
    report = one(ours.finish(TLS_FAILED, timeout=PATIENCE))
    must("alert", (report["alert"], report["alert_direction"]), ("illegal_parameter", "sent"))
    must_say("handfast connect", ours.process.stderr.decode(), "legacy_session_id", "(at HelloRetryRequest)", "RFC 8446 4.1.3")


# ---- handfast as server ----
def their_client(peer, stage, port, cert=None, **asked):
    who = {"cert": stage.pki.cert(cert), "key": stage.pki.key(cert)} if cert else {}
    return peer.client(stage, port, ca=stage.pki.ca, **who, **asked)


def serve(peer, version, cert, auth, stage):
    peer.program(stage)  # compiled before handfast begins to count seconds
    ours = Serve(stage, DEFAULT, certs=[f"server-{cert}"], auth="require" if auth else "none", timeout=PATIENCE)
    client = their_client(peer, stage, ours.port, f"client-{cert}" if auth else None, min=version, max=version)
    reports = in_turn(ours.finish(timeout=PATIENCE), False)
    each_agreed(reports, version, peer_verified=auth)
    same(peer, client, reports, f"server-{cert}")


def serve_again(peer, version, sealed, auth, stage):
    peer.program(stage)
    tickets = ["--tickets"] if sealed else []
    ours = Serve(stage, DEFAULT, *tickets, auth="require" if auth else "none", count=1 + TIMES, timeout=PATIENCE)
    client = their_client(peer, stage, ours.port, "client-p256" if auth else None, min=version, max=version, count=1 + TIMES)
    reports = in_turn(ours.finish(timeout=PATIENCE), False, *[True] * TIMES, by="ticket" if sealed else "ID")
    each_agreed(reports, version, peer_verified=auth)
    same(peer, client, reports, "server-p256")


def serve_after_retry(peer, first, then, stage):
    peer.program(stage)
    ours = Serve(stage, DEFAULT, "--groups", then, timeout=PATIENCE)
    client = their_client(peer, stage, ours.port, min="1.3", groups=f"{NAMES[first]}:{NAMES[then]}")
    reports = in_turn(ours.finish(timeout=PATIENCE), False)
    each_agreed(reports, "1.3", group=then, hello_retry_request=True)
    same(peer, client, reports, "server-p256")


def rows(peer):
    for role, play in (("client", connect), ("server", serve)):
        for cert in CERTS:
            yield role, "TLS 1.3", f"default policy, {cert}", partial(play, peer, "1.3", cert, False)
        for cert in ("p256", "rsa"):
            yield role, "TLS 1.3, mutual", f"default policy, {cert}", partial(play, peer, "1.3", cert, True)
            yield role, "versions", f"the peer's 1.2, {cert}", partial(play, peer, "1.2", cert, False)
    for auth in (False, True):
        feature = "TLS 1.3, resumed" + (", mutual" if auth else "")
        yield "client", feature, "ticket", partial(connect_again, peer, "1.3", auth)
        for sealed in (False, True):
            yield "server", feature, "sealed ticket" if sealed else "ticket", partial(serve_again, peer, "1.3", sealed, auth)
    for first, then in RETRIES:
        what = f"{first}, then {then}"
        yield "client", "HelloRetryRequest", what, partial(connect_after_retry, peer, first, then)
        if first != "x25519" or peer is not jsse.PEER:
            yield "server", "HelloRetryRequest", what, partial(serve_after_retry, peer, first, then)


def cases():
    return [Case(peer.name, role, feature, what, play) for peer in PEERS for role, feature, what, play in rows(peer)]
