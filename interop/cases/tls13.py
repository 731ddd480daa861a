# SPDX-License-Identifier: MIT
"""TLS 1.3, RFC 8446: suites × groups × certificate types, with and without client certificates, HelloRetryRequest, and the
choice between the versions. Both roles, with every peer that is installed and speaks it."""

from functools import partial
from ssl import TLSVersion

from cases import LINE, Case, talk
from handfast import DEFAULT, Connect, Serve, agreed, identity, must, must_say, one
from peers import gnutls, nss, openssl, python, web

SUITES = {  # OpenSSL takes IANA's names; GnuTLS's words, NSS's numbers
    "TLS_AES_128_GCM_SHA256": ("+AES-128-GCM", "1301"),
    "TLS_AES_256_GCM_SHA384": ("+AES-256-GCM", "1302"),
    "TLS_CHACHA20_POLY1305_SHA256": ("+CHACHA20-POLY1305", "1303"),
    "TLS_AES_128_CCM_SHA256": ("+AES-128-CCM", ""),
    "TLS_AES_128_CCM_8_SHA256": ("+AES-128-CCM-8", ""),
}
GROUPS = {  # OpenSSL's name, GnuTLS's, NSS's
    "x25519": ("X25519", "GROUP-X25519", "x25519"),
    "secp256r1": ("P-256", "GROUP-SECP256R1", "P256"),
    "secp384r1": ("P-384", "GROUP-SECP384R1", "P384"),
    "secp521r1": ("P-521", "GROUP-SECP521R1", "P521"),
    "x448": ("X448", "GROUP-X448", ""),
    "ffdhe2048": ("ffdhe2048", "GROUP-FFDHE2048", "FF2048"),
}
CERTS = ["p256", "p384", "p521", "rsa", "ed25519"]
# what the client sends a share of first, and the server does not have: RFC 8446 4.1.4
ELSEWHERE = {"x25519": "secp384r1", "secp256r1": "x25519"}


def ours(suite, group, *others):
    return ["--min", "1.3", "--suites", suite, "--groups", ",".join([group, *others])]


def spoken(report, suite=None, group=None, **wanted):
    agreed(report, version="TLS 1.3", **wanted)
    for key, value in (("suite", suite), ("group", group)):
        if value:
            must(key, report.get(key), value)


def check(reports, suite, group, mutual, client):
    report = one(reports)
    spoken(report, suite, group, resumed=False, peer_verified=client or mutual)


# ---- OpenSSL ----
def openssl_words(suite, group):
    return ["-ciphersuites", suite, "-groups", GROUPS[group][0]]


def connect_to_openssl(suite, group, cert, mutual, stage):
    server = openssl.server(stage, *openssl_words(suite, group), cert=f"server-{cert}", tls="-tls1_3",
                            auth="require" if mutual else "none")  # fmt: skip
    mine = identity(stage, f"client-{cert}") if mutual else []
    connect = Connect(stage, server.port, *ours(suite, group), *mine, stdin=LINE)
    check(connect.finish(), suite, group, mutual, client=True)
    must("payload, reversed by s_server", connect.process.stdout.strip(), LINE.strip()[::-1])
    must("exit of s_server", server.wait(5), 0)
    must_say("s_server", server.text, f"Ciphersuite: {suite}")
    if mutual:
        must_say("s_server", server.text, f"Peer certificate: CN = client-{cert}")


def serve_openssl(suite, group, cert, mutual, stage):
    serve = Serve(stage, *ours(suite, group), certs=[f"server-{cert}"], auth="require" if mutual else "none")
    client = openssl.client(stage, serve.port, *openssl_words(suite, group), tls="-tls1_3", stdin="pipe",
                            cert=f"client-{cert}" if mutual else None)  # fmt: skip
    talk(client)
    check(serve.finish(), suite, group, mutual, client=False)
    must_say("s_client", client.text, f"New, TLSv1.3, Cipher is {suite}", "Verify return code: 0 (ok)")


# ---- GnuTLS ----
def gnutls_priority(suite, *groups):
    words = ["NORMAL", "-VERS-ALL", "+VERS-TLS1.3", "-CIPHER-ALL", SUITES[suite][0], "-GROUP-ALL"]
    return ":".join([*words, *[f"+{GROUPS[group][1]}" for group in groups]])


def connect_to_gnutls(suite, group, cert, mutual, stage):
    server = gnutls.server(stage, cert=f"server-{cert}", priority=gnutls_priority(suite, group),
                           auth="require" if mutual else "none")  # fmt: skip
    mine = identity(stage, f"client-{cert}") if mutual else []
    connect = Connect(stage, server.port, *ours(suite, group), *mine, stdin=LINE)
    check(connect.finish(), suite, group, mutual, client=True)
    must("payload, echoed by gnutls-serv", connect.process.stdout, LINE)
    must_say("gnutls-serv", server.text, "- Version: TLS1.3")


def serve_gnutls(suite, group, cert, mutual, stage):
    serve = Serve(stage, *ours(suite, group), certs=[f"server-{cert}"], auth="require" if mutual else "none")
    client = gnutls.client(stage, serve.port, priority=gnutls_priority(suite, group), stdin="pipe",
                           cert=f"client-{cert}" if mutual else None)  # fmt: skip
    talk(client)
    check(serve.finish(), suite, group, mutual, client=False)
    must_say("gnutls-cli", client.text, "The certificate is trusted", "(TLS1.3")


# ---- HelloRetryRequest ----
def retry_from_openssl(group, stage):
    suite, first = "TLS_AES_128_GCM_SHA256", ELSEWHERE.get(group, "x25519")
    server = openssl.server(stage, *openssl_words(suite, group), tls="-tls1_3")
    connect = Connect(stage, server.port, *ours(suite, first, group), "--flow=list", stdin=LINE)
    check(connect.finish(), suite, group, False, client=True)
    must_say("handfast connect", connect.process.stderr.decode(), "HelloRetryRequest")


def retry_for_openssl(group, stage):
    suite, first = "TLS_AES_128_GCM_SHA256", ELSEWHERE.get(group, "x25519")
    serve = Serve(stage, *ours(suite, group))
    words = ["-ciphersuites", suite, "-groups", f"{GROUPS[first][0]}:{GROUPS[group][0]}", "-msg"]
    client = openssl.client(stage, serve.port, *words, tls="-tls1_3", stdin="pipe")
    talk(client)
    check(serve.finish(), suite, group, False, client=False)
    must("ClientHellos of s_client", client.text.count(", ClientHello"), 2)


def retry_from_gnutls(group, stage):
    suite, first = "TLS_AES_128_GCM_SHA256", ELSEWHERE.get(group, "x25519")
    server = gnutls.server(stage, priority=gnutls_priority(suite, group))
    connect = Connect(stage, server.port, *ours(suite, first, group), "--flow=list", stdin=LINE)
    check(connect.finish(), suite, group, False, client=True)
    must_say("handfast connect", connect.process.stderr.decode(), "HelloRetryRequest")


# ---- the versions ----
def highest(peer, version, stage):
    """A client of both versions gets the peer's."""
    if peer == "OpenSSL":
        server = openssl.server(stage, tls="-tls1_3" if version == "1.3" else "-tls1_2")
    else:
        server = gnutls.server(stage, priority=f"NORMAL:-VERS-ALL:+VERS-TLS{version}:%NO_TICKETS")
    connect = Connect(stage, server.port, DEFAULT, stdin=LINE)
    agreed(one(connect.finish()), version=f"TLS {version}", peer_verified=True)


def serve_highest(peer, version, stage):
    serve = Serve(stage, DEFAULT)
    if peer == "OpenSSL":
        client = openssl.client(stage, serve.port, tls="-tls1_3" if version == "1.3" else "-tls1_2", stdin="pipe")
    else:
        client = gnutls.client(stage, serve.port, priority=f"NORMAL:-VERS-ALL:+VERS-TLS{version}", stdin="pipe")
    talk(client)
    agreed(one(serve.finish()), version=f"TLS {version}")


def refused(ours_has, theirs_has, stage):
    """No version in common, RFC 8446 6.2: protocol_version."""
    server = openssl.server(stage, tls="-tls1_2" if theirs_has == "1.2" else "-tls1_3")
    connect = Connect(stage, server.port, "--min", ours_has, "--max", ours_has, stdin=LINE)
    report = one(connect.finish(expected=1))
    must("alert", report.get("alert"), "protocol_version")


# ---- others ----
def serve_curl(stage):
    serve = Serve(stage, DEFAULT, mode="--http")
    client = web.curl(stage, serve.port, "--tls-max", "default")
    must("exit of curl", client.wait(), 0)
    spoken(one(serve.finish()))


def serve_python(stage):
    serve = Serve(stage, DEFAULT)
    with python.tls_client(stage, serve.port, version=TLSVersion.TLSv1_3) as connection:
        must("version, as Python has it", connection.version(), "TLSv1.3")
        connection.sendall(LINE)
        must("payload", connection.recv(100), LINE)
        connection.unwrap()
    spoken(one(serve.finish()))


def connect_to_python(stage):
    def echo(connection):
        must("version, as Python has it", connection.version(), "TLSv1.3")
        connection.sendall(connection.recv(100))
        connection.unwrap()

    server = python.tls_server(stage, echo, version=TLSVersion.TLSv1_3)
    connect = Connect(stage, server.port, DEFAULT, stdin="pipe")
    connect.ask(LINE, LINE)
    spoken(one(connect.finish()), peer_verified=True)
    server.finish()


def serve_nss(suite, mutual, stage):
    serve = Serve(stage, "--min", "1.3", "--suites", suite, mode="--http", auth="require" if mutual else "none")
    mine = {"cert": "client-p256"} if mutual else {}
    client = nss.client(stage, serve.port, "-V", "tls1.3:tls1.3", "-c", ":" + SUITES[suite][1], **mine, stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    must_say("tstclnt", client.text, " 200 ")
    whose = "CN=client-p256" if mutual else None
    spoken(one(serve.finish()), suite, resumed=False, peer_verified=mutual, peer_subject=whose)


def connect_to_nss(suite, mutual, stage):
    server = nss.server(stage, "-V", "tls1.3:tls1.3", "-c", ":" + SUITES[suite][1], auth="require" if mutual else "none")
    mine = identity(stage, "client-p256") if mutual else []
    connect = Connect(stage, server.port, "--min", "1.3", "--suites", suite, *mine, stdin=web.REQUEST)
    spoken(one(connect.finish()), suite, resumed=False, peer_verified=True)
    if mutual:
        must_say("selfserv", server.text, "Subject: CN=client-p256")


PLAYS = [
    ("OpenSSL", "client", connect_to_openssl),
    ("OpenSSL", "server", serve_openssl),
    ("GnuTLS", "client", connect_to_gnutls),
    ("GnuTLS", "server", serve_gnutls),
]


def combinations():
    """Every suite, group and kind of certificate, each with some of the others."""
    for i, suite in enumerate(SUITES):
        for j, group in enumerate(GROUPS):
            yield suite, group, CERTS[(i + j) % len(CERTS)]


def cases():
    found = []
    for peer, role, play in PLAYS:
        for suite, group, cert in combinations():
            for mutual in (False, True):
                feature = "TLS 1.3, mutual" if mutual else "TLS 1.3"
                found.append(Case(peer, role, feature, f"{suite}, {group}, {cert}", partial(play, suite, group, cert, mutual)))
    for group in GROUPS:
        found.append(Case("OpenSSL", "client", "HelloRetryRequest", group, partial(retry_from_openssl, group)))
        found.append(Case("OpenSSL", "server", "HelloRetryRequest", group, partial(retry_for_openssl, group)))
        found.append(Case("GnuTLS", "client", "HelloRetryRequest", group, partial(retry_from_gnutls, group)))
    for peer in ("OpenSSL", "GnuTLS"):
        for version in ("1.2", "1.3"):
            found.append(Case(peer, "client", "versions", f"the peer's {version}", partial(highest, peer, version)))
            found.append(Case(peer, "server", "versions", f"the peer's {version}", partial(serve_highest, peer, version)))
    for mine, theirs in (("1.2", "1.3"), ("1.3", "1.2")):
        found.append(Case("OpenSSL", "client", "versions", f"{mine} with {theirs}", partial(refused, mine, theirs)))
    for suite in list(SUITES)[:3]:
        for mutual in (False, True):
            feature = "TLS 1.3, mutual" if mutual else "TLS 1.3"
            found.append(Case("NSS", "server", feature, suite, partial(serve_nss, suite, mutual)))
            found.append(Case("NSS", "client", feature, suite, partial(connect_to_nss, suite, mutual)))
    found.append(Case("curl", "server", "TLS 1.3", "a page", serve_curl))
    found.append(Case("Python ssl", "server", "TLS 1.3", "default context", serve_python))
    found.append(Case("Python ssl", "client", "TLS 1.3", "default context", connect_to_python))
    return found
