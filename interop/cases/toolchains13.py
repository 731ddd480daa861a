# SPDX-License-Identifier: MIT
"""What TLS 1.3 has beside handshakes, with the stacks that programs in Go, Java, JavaScript and Rust are built on: KeyUpdate (RFC 8446
4.6.3) and early data (2.3).

Only JSSE can be told to change its keys: crypto/tls and Node have no call for it, nor has rustls 0.20, which Debian 12 has. Of the four only
rustls has early data: crypto/tls keeps it for QUIC, JSSE knows the extension by its name alone, Node does not reach its OpenSSL's. None
has post-handshake authentication (4.6.2): no client among them offers it, no server asks. What they do not have is played as that."""

from functools import partial

from cases import LINE, Case
from cases.early_data import EARLY, early_file, send, spoken, takes
from cases.post_handshake import OUR_UPDATES, reported, updated, we_update_as_client
from cases.toolchains import PATIENCE, PEERS, same, their_client, their_server
from handfast import DEFAULT, Connect, Serve, in_turn, must, must_say
from peers import jsse, rustls
from peers.toolchain import agreements

LINES = 2  # who has to answer a KeyUpdate does so before its second line, at the latest


def served(peer, stage, *options, cert=None, count=1, **asked):
    """handfast serves the peer's program, and both say the same of it: the reports, and what the program said."""
    peer.program(stage)
    ours = Serve(stage, DEFAULT, *options, count=count, timeout=PATIENCE)
    client = their_client(peer, stage, ours.port, cert, count=count, **asked)
    found = ours.finish(timeout=PATIENCE)
    same(peer, client, found, "server-p256")
    return ours, client, found


# ---- KeyUpdate ----
def connect_and_update(peer, option, stage):
    server, report = we_update_as_client(partial(their_server, peer), LINE, LINE, stage, option)
    same(peer, server, [report])


def serve_and_update(peer, option, stage):
    _, _, found = served(peer, stage, option, lines=LINES)
    updated(found, option)


def connect_to_jsse_that_updates(options, updates, stage):
    """Its answer to the first line is behind its KeyUpdate; ours stands before the second."""
    server = their_server(jsse.PEER, stage, rekey="yes")
    ours = Connect(stage, server.port, DEFAULT, *options, stdin="pipe", timeout=PATIENCE)
    ours.process.write(LINE)
    ours.process.until(lambda: LINE in ours.process.stdout, "the line back")
    ours.ask(LINE, LINE * LINES)
    report = reported(ours.finish(timeout=PATIENCE), sent=updates, received=updates)
    same(jsse.PEER, server, [report])


def serve_jsse_that_updates(options, updates, stage):
    _, _, found = served(jsse.PEER, stage, *options, rekey="yes", lines=LINES)
    reported(found, sent=updates, received=updates)


# ---- post-handshake authentication ----
def serve_who_does_not_offer(peer, stage):
    ours, _, found = served(peer, stage, "--request-client-cert", "--ca", stage.pki.ca, cert="client-p256")
    reported(found, peer_verified=False, peer_subject=None)
    must_say("handfast", ours.process.stderr.decode(), "RFC 8446 4.2.6")


# ---- early data ----
def connect_who_has_none(peer, stage):
    """A ticket without early_data (RFC 8446 4.6.1): what was meant to go early goes behind the handshake."""
    server = their_server(peer, stage, count=2)
    ours, found = send(stage, server.port, "--resume")
    for report in in_turn(found, False, True, by="ticket"):
        spoken(report, early_data="not_offered", early_out=0, peer_verified=True)
    must("payload, echoed", ours.process.stdout, EARLY + LINE)
    same(peer, server, found)


def serve_who_has_none(peer, stage):
    """A ticket that allows early data, in the hands of a client that knows nothing of it."""
    _, _, found = served(peer, stage, "--early-data", 1000, count=2)
    for report in in_turn(found, False, True, by="ID"):
        spoken(report, early_data="not_offered", early_in=0)


def connect_early(word, became, stage):
    server = their_server(rustls.PEER, stage, count=2, early=word)
    ours, found = send(stage, server.port, "--resume")
    first, second = in_turn(found, False, True, by="ticket")
    again = len(EARLY) if became == "rejected" else 0
    spoken(first, early_data="not_offered", early_out=0)
    spoken(second, early_data=became, early_out=len(EARLY), bytes_out=again + len(LINE), peer_verified=True)
    must("payload, echoed", ours.process.stdout, EARLY + LINE)
    same(rustls.PEER, server, found)
    agreed_early(server, became)


def serve_early(groups, became, stage):
    asked = {"groups": "X25519:P-384", "early": early_file(stage)}
    _, client, found = served(rustls.PEER, stage, "--early-data", 1000, "--groups", groups, count=2, **asked)
    in_turn(found, False, True, by="ID")
    must("HelloRetryRequest", takes(found, became)["hello_retry_request"], became == "retried")
    agreed_early(client, became)


def agreed_early(process, became):
    told = ["-", "taken" if became == "accepted" else "-"]
    must("early data, as rustls has it", [their["early"] for their in agreements(process)], told)


def rows(peer):
    for what, option in OUR_UPDATES:
        yield "client", "post-handshake", what, partial(connect_and_update, peer, option)
        yield "server", "post-handshake", what, partial(serve_and_update, peer, option)
    yield "server", "post-handshake", "its certificate, and it did not offer post_handshake_auth", partial(serve_who_does_not_offer, peer)
    yield "client", "early data", "a ticket without", partial(connect_who_has_none, peer)
    yield "server", "early data", "a client without", partial(serve_who_has_none, peer)


def cases():
    found = [Case(peer.name, role, feature, what, play) for peer in PEERS for role, feature, what, play in rows(peer)]

    def add(peer, role, feature, what, play):
        found.append(Case(peer.NAME, role, feature, what, play))

    for what, options, updates in [("its KeyUpdate", [], 1), ("its KeyUpdate and ours", ["--update-keys"], 2)]:
        add(jsse, "client", "post-handshake", what, partial(connect_to_jsse_that_updates, options, updates))
        add(jsse, "server", "post-handshake", what, partial(serve_jsse_that_updates, options, updates))
    add(rustls, "client", "early data", "taken", partial(connect_early, "take", "accepted"))
    add(rustls, "client", "early data", "refused", partial(connect_early, "refuse", "rejected"))
    add(rustls, "server", "early data", "taken", partial(serve_early, "x25519", "accepted"))
    add(rustls, "server", "early data", "refused behind HelloRetryRequest", partial(serve_early, "secp384r1", "retried"))
    return found
