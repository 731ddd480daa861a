# SPDX-License-Identifier: MIT
"""HelloRetryRequest with a cookie, RFC 8446 4.2.2, which every client must bring back; and two key shares, 4.2.8."""

from functools import partial

from cases import LINE, Case, talk
from handfast import TLS_FAILED, Connect, Serve, agreed, must, one
from peers import gnutls, nss, openssl, web

TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


def serve(stage, when, *options, **more):
    return Serve(stage, "--min", "1.3", "--retry-cookie" + when, *options, **more)


def check(server, group=None):
    report = one(server.finish())
    agreed(report, version="TLS 1.3", hello_retry_request=True)
    if group:
        must("group", report.get("group"), group)


def for_openssl(when, stage):
    """With the group that was asked for, and for the cookie alone."""
    server = serve(stage, when, "--groups", "x25519" if when else "secp384r1")
    client = openssl.client(stage, server.port, "-groups", "X25519:P-384", tls="-tls1_3", stdin="pipe")
    talk(client)
    check(server, "x25519" if when else "secp384r1")


def for_gnutls(stage):
    """It sends shares of its first two kinds of group."""
    server = serve(stage, "", "--groups", "secp521r1")
    groups = "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP521R1"
    client = gnutls.client(stage, server.port, priority=f"{TLS13}:{groups}", stdin="pipe")
    talk(client)
    check(server, "secp521r1")


def refused_by_gnutls(stage):
    """3.7 takes no HelloRetryRequest without key_share."""
    server = serve(stage, "=always")
    client = gnutls.client(stage, server.port, priority=TLS13)
    report = one(server.finish(TLS_FAILED))
    must("alert", (report.get("alert"), report.get("alert_direction")), ("illegal_parameter", "received"))
    client.wait()


def for_nss(stage):
    server = serve(stage, "=always", mode="--http")
    client = nss.client(stage, server.port, "-V", "tls1.3:tls1.3", stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    check(server)


def for_curl(stage):
    server = serve(stage, "=always", mode="--http")
    client = web.curl(stage, server.port, "--tlsv1.3", "--tls-max", "1.3")
    must("exit of curl", client.wait(), 0)
    check(server)


def two_shares(theirs, retried, stage):
    server = openssl.server(stage, "-groups", theirs, tls="-tls1_3")
    connect = Connect(stage, server.port, "--min", "1.3", "--groups", "x25519,secp256r1,secp384r1", "--key-shares", "2", stdin=LINE)
    agreed(one(connect.finish()), version="TLS 1.3", hello_retry_request=retried)


def cases():
    found = [
        Case("OpenSSL", "server", "HelloRetryRequest", "with a cookie", partial(for_openssl, "")),
        Case("OpenSSL", "server", "HelloRetryRequest", "for a cookie alone", partial(for_openssl, "=always")),
        Case("GnuTLS", "server", "HelloRetryRequest", "with a cookie", for_gnutls),
        Case("GnuTLS", "server", "HelloRetryRequest", "for a cookie alone, which it refuses", refused_by_gnutls),
        Case("NSS", "server", "HelloRetryRequest", "for a cookie alone", for_nss),
        Case("curl", "server", "HelloRetryRequest", "for a cookie alone", for_curl),
    ]
    for theirs, retried in (("X25519", False), ("P-256", False), ("P-384", True)):
        found.append(Case("OpenSSL", "client", "two key shares", theirs, partial(two_shares, theirs, retried)))
    return found
