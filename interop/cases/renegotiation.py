# SPDX-License-Identifier: MIT
"""Handshakes after the first, RFC 5746: both roles, both initiators, the client's certificate asked for later."""

from functools import partial

from cases import LINE, Case
from handfast import Connect, Serve, agreed, identity, must, must_say, one
from peers import gnutls, nss, openssl, web

ACCEPT = ["--renegotiation", "accept"]


def again(report, times=1, **wanted):
    agreed(report, secure_renegotiation=True, ems=True, renegotiations=times, **wanted)


# ---- serve ----
def openssl_client_begins(stage):
    """s_client's R, twice in one connection: the second comes too soon after the first for our limit."""
    ours = Serve(stage, *ACCEPT)
    client = openssl.client(stage, ours.port, commands=True, stdin="pipe")
    client.says("Verify return code")
    client.write(LINE)
    client.says(LINE.decode())
    client.write(b"R\n")
    client.says("RENEGOTIATING")
    client.write(b"once more\n")
    client.says("once more")
    client.close_stdin()
    client.wait()
    again(one(ours.finish(None)))


def gnutls_client_begins(stage):
    ours = Serve(stage, *ACCEPT)
    client = gnutls.client(stage, ours.port, "--rehandshake", stdin="pipe")
    client.says("ReHandshake was completed")
    client.close_stdin()
    client.wait()
    again(one(ours.finish(None)))


def nss_client_begins(stage):
    """tstclnt -r N renegotiates N times; without resuming with -R."""
    ours = Serve(stage, *ACCEPT, mode="--http")
    client = nss.client(stage, ours.port, "-r", "1", stdin=web.REQUEST)
    must("exit of tstclnt", client.wait(), 0)
    must_say("tstclnt", client.text, " 200 ")
    again(one(ours.finish(None)))


def we_ask(start, mode, stage):
    """HelloRequest; then, in it, the certificate."""
    options = ["--renegotiate"] if mode == "plain" else ["--request-client-cert", "--ca", stage.pki.ca]
    ours = Serve(stage, *options)
    client = start(stage, ours.port, cert="client-p256", stdin="pipe")
    client.write(LINE)
    client.until(lambda: LINE in client.stdout, "the line back")
    client.close_stdin()
    client.wait()
    report = one(ours.finish(None))
    again(report)
    must("peer_verified", report.get("peer_verified"), mode != "plain")


def openssl_start(stage, port, cert=None, stdin=b""):
    client = openssl.client(stage, port, cert=cert, stdin=stdin)
    client.says("Verify return code")
    return client


def gnutls_start(stage, port, cert=None, stdin=b""):
    client = gnutls.client(stage, port, cert=cert, stdin=stdin)
    client.says("Simple Client Mode")
    return client


# ---- connect ----
def our_certificate_was(report, asked):
    """A scheme of its P-256 key: CertificateVerify was sent, and was right or the handshake had failed."""
    must("client_scheme", report.get("client_scheme"), "ecdsa_secp256r1_sha256" if asked else None)


def we_begin(start, answer, stage):
    server = start(stage)
    ours = Connect(stage, server.port, "--renegotiate", stdin="pipe")
    ours.ask(LINE, answer)
    again(one(ours.finish(None)))


def openssl_server_asks(command, stage):
    """s_server's r: renegotiate; R: renegotiate and ask for a client certificate."""
    server = openssl.server(stage, mode="", stdin="pipe")
    ours = Connect(stage, server.port, *ACCEPT, *identity(stage, "client-p256"), stdin="pipe")
    ours.process.write(LINE)
    server.says(LINE.decode())
    server.write(command + b"\n")
    ours.process.write(b"behind it\n")
    server.says("behind it")
    ours.process.close_stdin()
    report = one(ours.finish(None))  # s_server closes without close_notify
    must("renegotiations", report.get("renegotiations"), 1)
    our_certificate_was(report, asked=command == b"R")
    must_say("s_server", server.text, "SSL_do_handshake -> 1")


def nss_server_asks(stage):
    """Three -r of selfserv: the client certificate is asked for in a second handshake."""
    server = nss.server(stage, "-r", "-r", "-r")
    ours = Connect(stage, server.port, *ACCEPT, *identity(stage, "client-p256"), stdin="pipe")
    ours.process.write(b"GET / HTTP/1.0\r\n\r\n")
    ours.process.until(lambda: b"HTTP/1.0 200" in ours.process.stdout, "an answer")
    ours.process.close_stdin()
    report = one(ours.finish(None))
    again(report)
    our_certificate_was(report, asked=True)


def openssl_refuses(stage):
    """Without -client_renegotiation s_server answers no_renegotiation: the connection goes on as it was."""
    server = openssl.server(stage)
    ours = Connect(stage, server.port, "--renegotiate", stdin="pipe")
    ours.ask(LINE, LINE.strip()[::-1])
    again(one(ours.finish(None)), times=0)
    must_say("handfast", ours.process.stderr.decode(), "does not renegotiate")


def openssl_rev(stage):
    return openssl.server(stage, "-client_renegotiation")


def gnutls_echo(stage):
    return gnutls.server(stage)


def cases():
    found = []

    def add(peer, role, what, play):
        found.append(Case(peer, role, "renegotiation", what, play))

    add("OpenSSL", "server", "the client begins", openssl_client_begins)
    add("GnuTLS", "server", "the client begins", gnutls_client_begins)
    add("NSS", "server", "the client begins", nss_client_begins)
    for peer, start in [("OpenSSL", openssl_start), ("GnuTLS", gnutls_start)]:
        add(peer, "server", "HelloRequest", partial(we_ask, start, "plain"))
        add(peer, "server", "HelloRequest, then its certificate", partial(we_ask, start, "certificate"))
    add("OpenSSL", "client", "we begin", partial(we_begin, openssl_rev, LINE.strip()[::-1]))
    add("OpenSSL", "client", "we begin, and are refused", openssl_refuses)
    add("GnuTLS", "client", "we begin", partial(we_begin, gnutls_echo, LINE))
    add("OpenSSL", "client", "HelloRequest", partial(openssl_server_asks, b"r"))
    add("OpenSSL", "client", "HelloRequest, then our certificate", partial(openssl_server_asks, b"R"))
    add("NSS", "client", "HelloRequest, then our certificate", nss_server_asks)
    return found
