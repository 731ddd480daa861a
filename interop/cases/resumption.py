# SPDX-License-Identifier: MIT
"""Sessions that are saved, missed, refused and forgotten (RFC 5246 F.1.4, RFC 7627 5.3, RFC 6066 3)."""

import os
from functools import partial

from cases import LINE, Case, talk
from cases.extensions import NO_EMS
from handfast import TLS_FAILED, Connect, Serve, agreed, in_turn, must, must_say, one, resumed_by
from peers import gnutls, openssl, web
from wire import Tap


def saved_and_loaded(auth, stage):
    """Two processes: --session-out, then --session-in."""
    server = openssl.server(stage, count=2, auth=auth)
    options = ["--cert", stage.pki.cert("client-p256"), "--key", stage.pki.key("client-p256")]
    first = Connect(stage, server.port, "--session-out", stage.path("s"), *options, stdin=LINE)
    agreed(one(first.finish()), resumed=False, peer_verified=True)
    must("mode of the session file", oct(os.stat(stage.path("s")).st_mode & 0o777), "0o600")
    second = Connect(stage, server.port, "--session-in", stage.path("s"), *options, stdin=LINE)
    report = one(second.finish())
    agreed(report, resumed=True, peer_verified=True)
    resumed_by(report, "ID")


def forgotten_by_the_server(stage):
    """A server that never saw the session: a full handshake, not an error."""
    for turn, server in enumerate((openssl.server(stage), openssl.server(stage))):
        option = ["--session-out" if turn == 0 else "--session-in", stage.path("s")]
        agreed(one(Connect(stage, server.port, *option, stdin=LINE).finish()), resumed=False)


def many_times(stage):
    server = openssl.server(stage, count=11)
    found = Connect(stage, server.port, "--resume=10", stdin=LINE).finish()
    for report in in_turn(found, False, *[True] * 10):
        agreed(report, peer_verified=True)


def nginx_cache(stage):
    server = web.nginx(stage)
    ours = Connect(stage, server.port, "--resume=5", stdin="pipe")
    ours.ask(web.REQUEST, b"verify=")
    in_turn(ours.finish(), False, *[True] * 5)
    must_say("nginx", ours.process.stdout.decode(), "reused=r")


def offered_again(stage, ours, *options, **more):
    """s_client with the session saved before; True when it says it was resumed."""
    client = openssl.client(stage, ours.port, "-sess_in", stage.path("session.pem"), *options, stdin="pipe", **more)
    talk(client)
    return "\nReused, TLSv1.2" in client.text


def first_session(stage, ours, **more):
    talk(openssl.client(stage, ours.port, "-sess_out", stage.path("session.pem"), stdin="pipe", **more))


def s_client_session(auth, stage):
    cert = "client-p256" if auth != "none" else None
    ours = Serve(stage, auth=auth, count=2)
    first_session(stage, ours, cert=cert)
    must("s_client resumed", offered_again(stage, ours, cert=cert), True)
    for report in in_turn(ours.finish(), False, True):
        agreed(report, peer_verified=auth != "none")


def unknown_to_us(stage):
    first = Serve(stage)
    first_session(stage, first)
    first.finish()
    second = Serve(stage)
    must("s_client resumed", offered_again(stage, second), False)
    agreed(one(second.finish()), resumed=False)


def another_name(stage):
    """RFC 6066 3: a session made for one name is not resumed under another."""
    ours = Serve(stage, count=2)
    first_session(stage, ours)
    must("s_client resumed", offered_again(stage, ours, sni="localhost"), False)
    for report in in_turn(ours.finish(), False, False):
        agreed(report)


def no_cache(stage):
    ours = Serve(stage, "--session-cache", 0, count=6)
    client = openssl.client(stage, ours.port, "-reconnect")
    client.wait()
    in_turn(ours.finish(), *[False] * 6)


def another_server(stage):
    """Client authentication on: a session of a server without it is worth nothing there."""
    open_door = Serve(stage)
    first_session(stage, open_door)
    open_door.finish()
    ours = Serve(stage, auth="require")
    must("s_client resumed", offered_again(stage, ours, cert="client-p256"), False)
    agreed(one(ours.finish()), resumed=False, peer_verified=True)


def without_ems(stage):
    """The environment that turns extended_master_secret off in s_client."""
    return {"OPENSSL_CONF": stage.write("no-ems.cnf", NO_EMS)}


def ems_dropped(stage):
    """RFC 7627 5.3: the session has EMS, the new ClientHello has not: abort."""
    ours = Serve(stage, count=2)
    first_session(stage, ours)
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(stage, tap.port, "-sess_in", stage.path("session.pem"), env=without_ems(stage))
    client.wait()
    found = ours.finish(TLS_FAILED)
    must("reports", len(found), 2)
    must("error", bool(found[1].get("error")), True)
    tap.saw("server", "handshake_failure")


def ems_never(stage):
    """Without EMS no session is made (RFC 7627 5.4 calls such a resumption unsafe): each handshake is full."""
    ours = Serve(stage, count=6)
    client = openssl.client(stage, ours.port, "-reconnect", env=without_ems(stage))
    client.wait()
    for report in in_turn(ours.finish(), *[False] * 6):
        agreed(report, ems=False)


def ems_never_gnutls(stage):
    server = gnutls.server(stage, priority=f"{gnutls.TLS12}:%NO_SESSION_HASH")
    ours = Connect(stage, server.port, "--resume=2", stdin=LINE)
    for report in in_turn(ours.finish(), False, False, False):
        agreed(report, ems=False)


def forgotten_after_an_alert(stage):
    """RFC 5246 7.2.2: a connection that ended with a fatal alert is not resumed."""
    ours = Serve(stage, count=3)
    first_session(stage, ours)
    tap = stage.keep(Tap(ours.port, spoil_client="application_data"))
    client = openssl.client(stage, tap.port, "-sess_in", stage.path("session.pem"), stdin="pipe")
    client.says("Reused, TLSv1.2")
    client.write(LINE)
    client.wait()
    must("s_client resumed", offered_again(stage, ours), False)
    found = ours.finish(TLS_FAILED)
    must("alert of the second", (found[1].get("alert"), found[1].get("alert_direction")), ("bad_record_mac", "sent"))
    must("resumed", [report.get("resumed") for report in found], [False, True, False])


def forgotten_by_the_client(stage):
    """The same on our side: after a fatal alert the saved session is not offered, or the server is not asked to."""
    server = openssl.server(stage, count=3)
    tap = stage.keep(Tap(server.port, spoil_server="application_data"))
    saved = ["--session-out", stage.path("s")]
    # by way of the tap too, because a session is for one port; without data there is nothing to spoil
    agreed(one(Connect(stage, tap.port, *saved).finish()), resumed=False)
    spoiled = Connect(stage, tap.port, "--session-in", stage.path("s"), stdin="pipe")
    spoiled.process.write(LINE)  # and no end: after our close_notify there would be no alert
    report = one(spoiled.finish(TLS_FAILED))
    must("alert", (report.get("alert"), report.get("alert_direction")), ("bad_record_mac", "sent"))
    must("resumed before it was spoiled", report.get("resumed"), True)


def cases():
    found = []
    for peer, role, what, play in [
        ("OpenSSL", "client", "saved and loaded", partial(saved_and_loaded, "none")),
        ("OpenSSL", "client", "saved and loaded, with a client certificate", partial(saved_and_loaded, "require")),
        ("OpenSSL", "client", "the server does not know it", forgotten_by_the_server),
        ("OpenSSL", "client", "ten times", many_times),
        ("OpenSSL", "client", "a resumed connection is spoiled", forgotten_by_the_client),
        ("nginx", "client", "five times from its cache", nginx_cache),
        ("OpenSSL", "server", "s_client's session", partial(s_client_session, "none")),
        ("OpenSSL", "server", "s_client's session, client-auth request", partial(s_client_session, "request")),
        ("OpenSSL", "server", "s_client's session, client-auth require", partial(s_client_session, "require")),
        ("OpenSSL", "server", "unknown to us", unknown_to_us),
        ("OpenSSL", "server", "another server name", another_name),
        ("OpenSSL", "server", "--session-cache 0", no_cache),
        ("OpenSSL", "server", "another server, client-auth require", another_server),
        ("OpenSSL", "server", "EMS dropped", ems_dropped),
        ("OpenSSL", "server", "EMS never", ems_never),
        ("GnuTLS", "client", "EMS never", ems_never_gnutls),
        ("OpenSSL", "server", "forgotten after a fatal alert", forgotten_after_an_alert),
    ]:
        found.append(Case(peer, role, "resumption", what, play))
    return found
