# SPDX-License-Identifier: MIT
"""TLS 1.3 with web servers, as the policy `default` has it (RFC 8446): nginx, and lighttpd with those of its TLS stacks that speak it."""

from functools import partial

from cases import Case
from handfast import DEFAULT, Connect, agreed, identity, in_turn, must_say, one, resumed_by
from peers import web

TIMES = 2
LIGHTTPD = ("openssl", "gnutls", "wolfssl")  # mbed TLS 2.28 has no TLS 1.3 yet
AGAIN = ("openssl", "gnutls")  # give tickets of TLS 1.3


def spoken(report, **wanted):
    agreed(report, version="TLS 1.3", peer_verified=True, **wanted)


def meet(stage, port, turn, wanted, *options):
    """A connection with its page, which brings a ticket for the next."""
    kept = ["--session-in", stage.path("session")] if turn else []
    ours = Connect(stage, port, DEFAULT, *options, *kept, "--session-out", stage.path("session"), stdin="pipe", tickets=True)
    ours.ask(web.REQUEST, wanted)
    report = one(ours.finish())
    spoken(report, resumed=turn > 0)
    if turn:
        resumed_by(report, "ticket")


def to_nginx(key, mutual, tickets, stage):
    server = web.nginx(stage, key=key, auth="require" if mutual else "none", tickets=tickets, version="1.3")
    mine = identity(stage, f"client-{key}") if mutual else []
    for turn in range(1 + TIMES):
        wanted = f"verify={'SUCCESS' if mutual else 'NONE'} reused={'r' if turn else '.'} cipher=TLS_AES_128_GCM_SHA256"
        meet(stage, server.port, turn, wanted.encode(), *mine)


def to_nginx_at_once(stage):
    """It ends its streams without close_notify; the tickets that came before are good all the same (RFC 5246 7.2.1)."""
    server = web.nginx(stage, version="1.3")
    ours = Connect(stage, server.port, DEFAULT, f"--resume={TIMES}", stdin="pipe", tickets=True)
    ours.ask(web.REQUEST, b"reused=r")
    for report in in_turn(ours.finish(), False, *[True] * TIMES, by="ticket"):
        spoken(report)


def to_lighttpd(module, key, mutual, stage):
    server = web.lighttpd(stage, module, key, auth="require" if mutual else "none", version="1.3")
    mine = identity(stage, f"client-{key}") if mutual else []
    ours = Connect(stage, server.port, DEFAULT, *mine, stdin=web.REQUEST)
    spoken(one(ours.finish()), resumed=False)
    must_say("the answer of lighttpd", ours.process.stdout.decode(), "200 OK", web.PAGE)


def to_lighttpd_again(module, stage):
    server = web.lighttpd(stage, module, version="1.3")
    for turn in range(1 + TIMES):
        meet(stage, server.port, turn, web.PAGE.encode())


def cases():
    found = []
    for key in ("p256", "rsa", "ed25519"):
        for mutual in (False, True):
            feature = "TLS 1.3, mutual" if mutual else "TLS 1.3"
            for tickets in (False, True):
                what = f"{key}, resumed by {'sealed tickets' if tickets else 'tickets of its cache'}"
                found.append(Case("nginx", "client", feature, what, partial(to_nginx, key, mutual, tickets)))
            for module in LIGHTTPD:
                found.append(Case(f"lighttpd mod_{module}", "client", feature, key, partial(to_lighttpd, module, key, mutual)))
    found.append(Case("nginx", "client", "TLS 1.3", "--resume", to_nginx_at_once))
    for module in AGAIN:
        found.append(Case(f"lighttpd mod_{module}", "client", "TLS 1.3", "resumed by tickets", partial(to_lighttpd_again, module)))
    return found
