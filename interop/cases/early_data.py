# SPDX-License-Identifier: MIT
"""Resumption in TLS 1.3 (RFC 8446 2.2) and early data (2.3, 4.2.10): both roles with OpenSSL and GnuTLS, taken, and not taken because of a
HelloRetryRequest or because the ticket was used before. GnuTLS 3.7.9 takes early data and asks for another ClientHello at once, and fails then:
not played."""

import shutil
from functools import partial

from cases import LINE, Case, talk
from handfast import TLS_FAILED, Connect, Serve, agreed, identity, in_turn, must, must_say, one
from peers import gnutls, openssl

TLS13 = ["--min", "1.3", "--max", "1.3"]
EARLY = b"what comes early\n"
GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
SUITES = {"TLS_AES_128_GCM_SHA256": "+AES-128-GCM", "TLS_AES_256_GCM_SHA384": "+AES-256-GCM", "TLS_CHACHA20_POLY1305_SHA256": "+CHACHA20-POLY1305"}
TIMES = 3


def early_file(stage):
    with open(stage.path("early"), "wb") as f:
        f.write(EARLY)
    return stage.path("early")


def spoken(report, **wanted):
    agreed(report, version="TLS 1.3", **wanted)


def only(suite):
    return f"{GNUTLS}:-CIPHER-ALL:{SUITES[suite]}"


# ---- resumption ----
def resumes_with_openssl(suite, auth, stage):
    server = openssl.server(stage, "-ciphersuites", suite, tls="-tls1_3", count=1 + TIMES, tickets=True, auth=auth)
    mine = identity(stage, "client-p256") if auth == "require" else []
    ours = Connect(stage, server.port, *TLS13, *mine, f"--resume={TIMES}", stdin=LINE, tickets=True)
    for report in in_turn(ours.finish(), False, *[True] * TIMES, by="ticket"):
        spoken(report, suite=suite, peer_verified=True)
    must("exit of s_server", server.wait(5), 0)


def resumes_with_gnutls(suite, auth, stage):
    server = gnutls.server(stage, priority=only(suite), tickets=True, auth=auth)
    mine = identity(stage, "client-p256") if auth == "require" else []
    ours = Connect(stage, server.port, *TLS13, *mine, f"--resume={TIMES}", stdin=LINE, tickets=True)
    for report in in_turn(ours.finish(), False, *[True] * TIMES, by="ticket"):
        spoken(report, suite=suite, peer_verified=True)
    must_say("gnutls-serv", server.text, "This is a resumed session")


def serves_openssl_again(suite, auth, sealed, stage):
    ours = Serve(stage, *TLS13, "--suites", suite, *(["--tickets"] if sealed else []), auth=auth, count=2)
    cert = "client-p256" if auth == "require" else None
    session(stage, ours.port, "-sess_out", stage.path("session"), cert=cert)
    client = session(stage, ours.port, "-sess_in", stage.path("session"), cert=cert)
    must_say("s_client", client.text, f"Reused, TLSv1.3, Cipher is {suite}")
    for report in in_turn(ours.finish(), False, True, by="ticket" if sealed else "ID"):
        spoken(report, suite=suite, peer_verified=auth == "require")


def serves_gnutls_again(suite, auth, sealed, stage):
    ours = Serve(stage, *TLS13, "--suites", suite, *(["--tickets"] if sealed else []), auth=auth, count=2)
    cert = "client-p256" if auth == "require" else None
    client = gnutls.client(stage, ours.port, "--resume", "--waitresumption", priority=only(suite), cert=cert, stdin="pipe", tickets=True)
    talk(client)
    must_say("gnutls-cli", client.text, "This is a resumed session")
    for report in in_turn(ours.finish(), False, True, by="ticket" if sealed else "ID"):
        spoken(report, suite=suite, peer_verified=auth == "require")


# ---- early data, as client ----
def send(stage, port, *options):
    ours = Connect(stage, port, *TLS13, *options, "--early-data", early_file(stage), stdin=LINE, tickets=True)
    return ours, ours.finish()


def openssl_reads(suite, stage):
    server = openssl.server(stage, "-early_data", "-ciphersuites", suite, tls="-tls1_3", count=2, mode="", tickets=True, stdin="pipe")
    _, found = send(stage, server.port, "--resume")
    first, second = in_turn(found, False, True, by="ticket")
    spoken(first, early_data="not_offered", early_out=0)
    spoken(second, early_data="accepted", early_out=len(EARLY), bytes_out=len(LINE), peer_verified=True)
    server.says(LINE.decode().strip())
    must_say("s_server", server.text, EARLY.decode())
    must("early data, as s_server has it", server.text.count("Early data received:"), 1)
    server.close_stdin()


def openssl_reads_two(suite, stage):
    """s_server gives two tickets, and two connections offer one each at the same time; it serves them one after the other."""
    server = openssl.server(stage, "-early_data", "-ciphersuites", suite, tls="-tls1_3", count=3, mode="", tickets=True, stdin="pipe")
    keep = ["--keep-tickets", 2]
    spoken(one(Connect(stage, server.port, *TLS13, *keep, "--session-out", stage.path("two"), stdin=LINE, tickets=True).finish()), resumed=False)
    early = ["--session-in", stage.path("two"), "--early-data", early_file(stage)]
    both = [Connect(stage, server.port, *TLS13, *early, stdin=LINE, tickets=True) for _ in range(2)]
    for ours in both:
        spoken(one(ours.finish()), resumed=True, early_data="accepted", early_out=len(EARLY), bytes_out=len(LINE), peer_verified=True)
    must("early data, as s_server has it", server.text.count("Early data received:"), 2)
    server.close_stdin()


def openssl_asks_again(suite, stage):
    """RFC 8446 4.2.10: HelloRetryRequest. What s_server remembers is used up by the first ClientHello: it does not resume behind one."""
    server = openssl.server(stage, "-early_data", "-ciphersuites", suite, "-groups", "P-384", tls="-tls1_3", count=2, mode="", tickets=True, stdin="pipe")
    _, found = send(stage, server.port, "--groups", "x25519,secp384r1", "--resume")
    for report in found:
        spoken(report, hello_retry_request=True, group="secp384r1", resumed=False, peer_verified=True)
    spoken(found[1], early_data="rejected", early_out=len(EARLY), bytes_out=len(EARLY) + len(LINE))
    server.says(LINE.decode().strip())
    must_say("s_server", server.text, "Early data was rejected", EARLY.decode())
    server.close_stdin()


def gnutls_reads(suite, stage):
    server = gnutls.server(stage, "--earlydata", priority=only(suite), tickets=True)
    ours, found = send(stage, server.port, "--resume")
    first, second = in_turn(found, False, True, by="ticket")
    spoken(first, early_data="not_offered", early_out=0)
    spoken(second, early_data="accepted", early_out=len(EARLY), peer_verified=True)
    must("echoed behind the handshake", ours.process.stdout, LINE)


# ---- early data, as server ----
def session(stage, port, *options, **more):
    client = openssl.client(stage, port, *options, tls="-tls1_3", stdin="pipe", tickets=True, **more)
    talk(client)
    return client


def takes(found, became):
    first, second = found
    spoken(first, early_data="not_offered")
    spoken(second, early_data=became, early_in=len(EARLY) if became == "accepted" else 0)
    return second


def from_openssl(suite, became, stage):
    groups = ["-groups", "X25519" if became != "retried" else "X25519:P-384"]
    ours = Serve(stage, *TLS13, "--early-data", 1000, "--suites", suite, "--groups", "x25519" if became != "retried" else "secp384r1", count=2)
    session(stage, ours.port, *groups, "-sess_out", stage.path("session"))
    client = session(stage, ours.port, *groups, "-sess_in", stage.path("session"), "-early_data", early_file(stage))
    must_say("s_client", client.text, "Max Early Data: 1000", f"Early data was {'accepted' if became == 'accepted' else 'rejected'}")
    must("early data, echoed", client.text.count(EARLY.decode()), 1 if became == "accepted" else 0)
    must("resumed", takes(ours.finish(), became)["resumed"], True)


def a_ticket_twice(stage):
    """RFC 8446 8.1: the same ticket again, by another process."""
    ours = Serve(stage, *TLS13, "--early-data", 1000, count=3)
    session(stage, ours.port, "-sess_out", stage.path("session"))
    shutil.copy(stage.path("session"), stage.path("copy"))
    for kept, word in (("session", "accepted"), ("copy", "rejected")):
        client = session(stage, ours.port, "-sess_in", stage.path(kept), "-early_data", early_file(stage))
        must_say("s_client", client.text, f"Early data was {word}")
    found = ours.finish()
    must("what became of it", [report["early_data"] for report in found], ["not_offered", "accepted", "not_resumed"])
    must("resumed", [report["resumed"] for report in found], [False, True, False])


def too_much(stage):
    """RFC 8446 4.2.10: more than max_early_data_size, which s_client has from our ticket: it gives up before it sends any."""
    ours = Serve(stage, *TLS13, "--early-data", len(EARLY) - 1, count=2)
    first = session(stage, ours.port, "-sess_out", stage.path("session"))
    must_say("s_client", first.text, f"Max Early Data: {len(EARLY) - 1}")
    client = openssl.client(stage, ours.port, "-sess_in", stage.path("session"), "-early_data", early_file(stage), tls="-tls1_3", tickets=True)
    client.wait()
    must_say("s_client", client.text, "Error writing early data")
    full, given_up = ours.finish(expected=TLS_FAILED)
    spoken(full, early_data="not_offered", complete=True)
    wanted = {"complete": False, "resumed": True, "early_data": "accepted", "early_in": 0, "error": "ALERT_RECEIVED", "alert": "internal_error",
              "alert_direction": "received", "step": "EndOfEarlyData"}  # fmt: skip
    must("the second connection", {key: given_up.get(key) for key in wanted}, wanted)


def from_gnutls(suite, stage):
    ours = Serve(stage, *TLS13, "--early-data", 1000, "--suites", suite, count=2)
    client = gnutls.client(stage, ours.port, "--resume", "--waitresumption", "--earlydata", early_file(stage), priority=only(suite), stdin="pipe",
                           tickets=True)  # fmt: skip
    talk(client)
    must_say("gnutls-cli", client.text, "This is a resumed session", EARLY.decode().strip())
    must("resumed", takes(ours.finish(), "accepted")["resumed"], True)


def cases():
    found = []
    for suite in SUITES:
        for auth in ("none", "require"):
            feature = "TLS 1.3, resumed" + (", mutual" if auth == "require" else "")
            for peer, play in (("OpenSSL", resumes_with_openssl), ("GnuTLS", resumes_with_gnutls)):
                found.append(Case(peer, "client", feature, suite, partial(play, suite, auth)))
            for sealed in (False, True):
                what = f"{suite}, {'sealed' if sealed else 'remembered'}"
                for peer, play in (("OpenSSL", serves_openssl_again), ("GnuTLS", serves_gnutls_again)):
                    found.append(Case(peer, "server", feature, what, partial(play, suite, auth, sealed)))
        found.append(Case("OpenSSL", "client", "early data", suite, partial(openssl_reads, suite)))
        found.append(Case("OpenSSL", "client", "early data", f"{suite}, two tickets at once", partial(openssl_reads_two, suite)))
        found.append(Case("OpenSSL", "client", "early data", f"{suite}, behind HelloRetryRequest", partial(openssl_asks_again, suite)))
        found.append(Case("GnuTLS", "client", "early data", suite, partial(gnutls_reads, suite)))
        found.append(Case("OpenSSL", "server", "early data", suite, partial(from_openssl, suite, "accepted")))
        found.append(Case("OpenSSL", "server", "early data", f"{suite}, behind HelloRetryRequest", partial(from_openssl, suite, "retried")))
        found.append(Case("GnuTLS", "server", "early data", suite, partial(from_gnutls, suite)))
    found.append(Case("OpenSSL", "server", "early data", "the same ticket twice", a_ticket_twice))
    found.append(Case("OpenSSL", "server", "early data", "more than the ticket allows", too_much))
    return found
