# SPDX-License-Identifier: MIT
"""Session tickets, RFC 5077: given and taken, beside peers that do the one and not the other. Every case says whether it
must have been the ticket or the ID that was resumed."""

import os
from functools import partial

from cases import LINE, Case, talk
from handfast import Connect, Serve, agreed, exact, identity, in_turn, must, must_say, one, resumed_by
from peers import botan, gnutls, nss, openssl, python, web
from vocabulary import COMBINATIONS

GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
TIMES = 3


def ours_to(stage, server, by, *options, stdin=LINE, ask=None, tickets=True):
    """Four connections of ours, three of them resumed."""
    ours = Connect(stage, server.port, f"--resume={TIMES}", *identity(stage, "client-p256"), *options,
                   stdin="pipe" if ask else stdin, tickets=tickets)  # fmt: skip
    if ask:
        ours.ask(*ask)
    for report in in_turn(ours.finish(), False, *[True] * TIMES, by=by):
        agreed(report, peer_verified=True)
    return ours


# ---- as client ----
def to_openssl(auth, gives, stage):
    server = openssl.server(stage, count=1 + TIMES, auth=auth, tickets=gives)
    ours_to(stage, server, "ticket" if gives else "ID")
    must("exit of s_server", server.wait(5), 0)
    if auth == "require":
        must("resumed with the client's identity", server.text.count("Peer certificate: CN = client-p256"), 1 + TIMES)


def takes_none(stage):
    ours_to(stage, openssl.server(stage, count=1 + TIMES, tickets=True), "ID", tickets=False)


def saved_and_loaded(stage):
    server = openssl.server(stage, count=2, tickets=True)
    first = Connect(stage, server.port, "--session-out", stage.path("s"), stdin=LINE, tickets=True)
    agreed(one(first.finish()), resumed=False, session_ticket=True)
    must("mode of the session file", oct(os.stat(stage.path("s")).st_mode & 0o777), "0o600")
    report = one(Connect(stage, server.port, "--session-in", stage.path("s"), stdin=LINE, tickets=True).finish())
    agreed(report, resumed=True, peer_verified=True)
    resumed_by(report, "ticket")


def forgotten_by_the_server(stage):
    """A ticket under another key is a full handshake, and brings a new one."""
    for turn in range(2):
        server = openssl.server(stage, tickets=True)
        option = ["--session-out" if turn == 0 else "--session-in", stage.path("s")]
        agreed(one(Connect(stage, server.port, *option, stdin=LINE, tickets=True).finish()), resumed=False,
               session_ticket=True)  # fmt: skip


def to_gnutls(auth, gives, stage):
    server = gnutls.server(stage, auth=auth, tickets=gives, priority=GNUTLS if gives else None)
    ours_to(stage, server, "ticket" if gives else "ID")
    must_say("gnutls-serv", server.text, "This is a resumed session")


def to_nginx(auth, gives, stage):
    server = web.nginx(stage, auth=auth, tickets=gives)
    ours = ours_to(stage, server, "ticket" if gives else "ID", ask=(web.REQUEST, b"verify="))
    must_say("nginx", ours.process.stdout.decode(), "reused=r", "verify=SUCCESS" if auth == "require" else "verify=NONE")


def to_lighttpd(module, stage):
    """No session cache, and yet it resumes: from tickets."""
    ours_to(stage, web.lighttpd(stage, module), "ticket", stdin=web.REQUEST)


def to_botan(stage):
    """Its tool's policy gives none."""
    each = COMBINATIONS[0]
    server = botan.server(stage, each, count=1 + TIMES)
    ours_to(stage, server, "ID", *exact(each), ask=(LINE, LINE))


def to_nss(auth, stage):
    server = nss.server(stage, "-u", auth=auth)
    ours_to(stage, server, "ticket", stdin=web.REQUEST)


# ---- as server ----
def from_reconnect(auth, takes, stage):
    ours = Serve(stage, "--tickets", auth=auth, count=6)
    cert = "client-p256" if auth == "require" else None
    client = openssl.client(stage, ours.port, "-reconnect", cert=cert, stdin="pipe", tickets=takes)
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of s_client", client.wait(), 0)
    for report in in_turn(ours.finish(), False, *[True] * 5, by="ticket" if takes else "ID"):
        agreed(report, peer_verified=auth == "require")
    must("connections s_client reused", client.text.count("\nReused, TLSv1.2"), 5)


def s_client(stage, port, *options):
    client = openssl.client(stage, port, *options, stdin="pipe", tickets=True)
    talk(client)
    return client


def from_saved(stage):
    ours = Serve(stage, "--tickets", count=2)
    first = s_client(stage, ours.port, "-sess_out", stage.path("session.pem"))
    must_say("s_client", first.text, "TLS session ticket lifetime hint: 14400 (seconds)", "TLS session ticket:")
    second = s_client(stage, ours.port, "-sess_in", stage.path("session.pem"))
    must_say("s_client", second.text, "\nReused, TLSv1.2")
    in_turn(ours.finish(), False, True, by="ticket")


def from_stranger(tickets, stage):
    """Another process has other keys: full handshakes, also where it gives no tickets at all."""
    first = Serve(stage, "--tickets")
    s_client(stage, first.port, "-sess_out", stage.path("session.pem"))
    first.finish()
    second = Serve(stage, *["--tickets"] if tickets else [])
    must_say("s_client", s_client(stage, second.port, "-sess_in", stage.path("session.pem")).text, "\nNew, TLSv1.2")
    agreed(one(second.finish()), resumed=False, session_ticket=tickets)


def from_gnutls(auth, takes, stage):
    ours = Serve(stage, "--tickets", auth=auth, count=2)
    client = gnutls.client(
        stage, ours.port, "--resume", cert="client-p256" if auth == "require" else None, stdin="pipe", tickets=takes,
        priority=GNUTLS if takes else None,
    )  # fmt: skip
    client.says("This is a resumed session")
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    must("exit of gnutls-cli", client.wait(), 0)
    for report in in_turn(ours.finish(), False, True, by="ticket" if takes else "ID"):
        agreed(report, peer_verified=auth == "require")


def from_curl(auth, stage):
    ours = Serve(stage, "--tickets", auth=auth, mode="--http", count=3)
    cert = "client-p256" if auth == "require" else None
    client = web.curl(stage, ours.port, "--header", "Connection: close", cert=cert, urls=3)
    must("exit of curl", client.wait(), 0)
    in_turn(ours.finish(), False, True, True, by="ID")  # it takes none, with OpenSSL


def from_strsclnt(takes, stage):
    ours = Serve(stage, "--tickets", mode="--http", count=50)
    client = nss.many(stage, ours.port, *["-u"] if takes else [])
    client.wait(30)
    found = ours.finish()
    for report in found:
        resumed_by(report, "ticket" if takes else "ID")
    must("resumed", sum(bool(report.get("resumed")) for report in found), 40)


def from_python(stage):
    """Python's ssl: a session object, offered again."""
    ours = Serve(stage, "--tickets", count=1 + TIMES)
    reused = python.resuming(stage, ours.port, TIMES)
    must("session_reused", reused, [False, *[True] * TIMES])
    in_turn(ours.finish(), False, *[True] * TIMES, by="ticket")


def cases():
    found = []
    for auth in ("none", "require"):
        for gives in (True, False):
            what = f"{'tickets' if gives else 'session IDs'}, client-auth {auth}"
            found += [
                ("OpenSSL", "client", what, partial(to_openssl, auth, gives)),
                ("GnuTLS", "client", what, partial(to_gnutls, auth, gives)),
                ("nginx", "client", what, partial(to_nginx, auth, gives)),
                ("OpenSSL", "server", what, partial(from_reconnect, auth, gives)),
                ("GnuTLS", "server", what, partial(from_gnutls, auth, gives)),
            ]
        found += [
            ("NSS", "client", f"tickets, client-auth {auth}", partial(to_nss, auth)),
            ("curl", "server", f"session IDs beside tickets, client-auth {auth}", partial(from_curl, auth)),
        ]
    found += [(f"lighttpd mod_{module}", "client", "tickets", partial(to_lighttpd, module)) for module in ("openssl", "gnutls", "wolfssl", "mbedtls")]
    found += [
        ("OpenSSL", "client", "we take none", takes_none),
        ("OpenSSL", "client", "saved and loaded", saved_and_loaded),
        ("OpenSSL", "client", "the server has other keys", forgotten_by_the_server),
        ("Botan", "client", "session IDs", to_botan),
        ("OpenSSL", "server", "s_client's session", from_saved),
        ("OpenSSL", "server", "another server's ticket", partial(from_stranger, True)),
        ("OpenSSL", "server", "a ticket where none are given", partial(from_stranger, False)),
        ("NSS", "server", "strsclnt, tickets", partial(from_strsclnt, True)),
        ("NSS", "server", "strsclnt, session IDs", partial(from_strsclnt, False)),
        ("Python ssl", "server", "tickets", from_python),
    ]
    return [Case(peer, role, "tickets", what, play) for peer, role, what, play in found]
