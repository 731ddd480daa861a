# SPDX-License-Identifier: MIT
"""What `serve` refuses: the alert seen on the wire by a tap, the report, the exit code."""

from functools import partial

from cases import LINE, Case, talk
from cases.refusals_connect import OLD, reported
from handfast import PEER_REFUSED, TLS_FAILED, Serve, agreed, must, must_say, one
from peers import gnutls, openssl, python
from processes import Mismatch
from vocabulary import ALERTS
from wire import Tap


def refuses(alert, code, stage, options=(), client_options=(), cert=None, auth="none", certs=("server-p256",), **more):
    ours = Serve(stage, *options, certs=certs, auth=auth)
    tap = stage.keep(Tap(ours.port))
    client = openssl.client(stage, tap.port, *client_options, cert=cert, **more)
    code_seen = client.wait()
    reported(ours.finish(code), alert, "sent")
    tap.saw("server", alert)
    must_say("s_client", client.text, f"SSL alert number {ALERTS[alert]}")
    must("s_client ended well", code_seen == 0, False)


def refused(cert, alert, stage):
    """The client refuses what we show."""
    ours = Serve(stage, certs=[cert])
    tap = stage.keep(Tap(ours.port))
    openssl.client(stage, tap.port).wait()
    reported(ours.finish(TLS_FAILED), alert, "received")
    tap.saw("client", alert)


def spoiled(message, alert, auth, stage):
    """One bit of one of the client's messages is flipped: a CertificateVerify without the key looks like this."""
    ours = Serve(stage, auth=auth)
    tap = stage.keep(Tap(ours.port, spoil_client=message))
    client = openssl.client(stage, tap.port, cert="client-p256" if auth != "none" else None, stdin="pipe")
    if message == "application_data":
        client.says("Verify return code")
        client.write(LINE)
    client.wait()
    reported(ours.finish(TLS_FAILED), alert, "sent")


def other_protocol(octets, stage):
    """RFC 5246 6: an unexpected record type is answered with unexpected_message, then the connection ends."""
    ours = Serve(stage)
    answer = python.send_and_collect(ours.port, octets)
    alert = bytes([21, 3]), bytes([0, 2, 2, ALERTS["unexpected_message"]])
    if not (len(answer) == 7 and answer.startswith(alert[0]) and answer.endswith(alert[1])):
        raise Mismatch(f"expected the alert unexpected_message, seen {answer!r}")
    reported(ours.finish(TLS_FAILED), "unexpected_message", "sent")


def truncated(stage):
    """The client's data come, then the end of TCP (A3)."""
    ours = Serve(stage)
    tap = stage.keep(Tap(ours.port, cut="client"))
    client = openssl.client(stage, tap.port, stdin="pipe")
    client.says("Verify return code")
    client.write(LINE)
    report = one(ours.finish(TLS_FAILED))
    must("error", "TRUNCATED" in str(report.get("error")).upper(), True)


def silent(stage):
    ours = Serve(stage, timeout=1)
    python.send_and_collect(ours.port, b"", patience=6)
    report = one(ours.finish(TLS_FAILED))
    must("error", "TIMEOUT" in str(report.get("error")).upper(), True)


def silent_does_not_block(stage):
    """One who says nothing keeps nobody else from being served."""
    ours = Serve(stage, count=2, timeout=2)
    quiet = stage.keep(python.socket.create_connection(("127.0.0.1", ours.port)))
    talk(openssl.client(stage, ours.port, stdin="pipe"))
    quiet.close()
    found = ours.finish(None)
    must("connections served well", [not report.get("error") for report in found].count(True), 1)


def renegotiation(stage):
    """The client asks to renegotiate: no_renegotiation. OpenSSL's client then gives up by itself."""
    ours = Serve(stage)
    client = openssl.client(stage, ours.port, commands=True, stdin="pipe")
    client.says("Verify return code")
    client.write(LINE)
    client.says(LINE.decode())
    client.write(b"R\n")
    client.wait()
    must_say("s_client", client.text, "no renegotiation")
    one(ours.finish(None))


def renegotiation_gnutls(stage):
    """gnutls-cli --rehandshake: refused with a warning, the connection goes on."""
    ours = Serve(stage)
    client = gnutls.client(stage, ours.port, "--rehandshake", stdin="pipe")
    client.says("Simple Client Mode")
    client.close_stdin()
    client.wait()
    must_say("gnutls-cli", client.text, "No renegotiation")
    one(ours.finish(None))


def no_key(stage):
    """A certificate whose key is another: nothing is served."""
    argv = [stage.program, "serve", "127.0.0.1:0", "--cert", stage.pki.cert("server-p256")]
    process = stage.run("serve", [*argv, "--key", stage.pki.key("server-rsa")])
    must("exit of handfast serve", process.child.returncode, 2)


def no_certificate(stage):
    must("exit of handfast serve", stage.run("serve", [stage.program, "serve", "127.0.0.1:0"]).child.returncode, 2)


def port_taken(stage):
    server = python.Server(stage, python.drain)
    argv = [stage.program, "serve", f"127.0.0.1:{server.port}", "--cert", stage.pki.cert("server-p256")]
    process = stage.run("serve", [*argv, "--key", stage.pki.key("server-p256")])
    must("exit of handfast serve", process.child.returncode, 3)


def drains(stage):
    """SIGTERM: the connection that is open ends well, then the server."""
    ours = Serve(stage, count=0)
    client = openssl.client(stage, ours.port, stdin="pipe")
    client.write(LINE)
    client.says(LINE.decode())
    ours.process.child.terminate()
    found = ours.finish(timeout=15)
    agreed(one(found))
    must("exit of s_client after our close_notify", client.wait(), 0)


CLIENT_CERTIFICATES = [
    ("client-unknown-ca", "unknown_ca"),
    ("client-self-signed", "unknown_ca"),
    ("client-expired", "certificate_expired"),
    ("client-not-yet", "certificate_expired"),  # RFC 5246 7.2.2: "has expired or is not currently valid"
    ("client-wrong-purpose", "unsupported_certificate"),
    ("client-broken", "bad_certificate"),
    ("client-not-a-ca", "bad_certificate"),
]

NOTHING_IN_COMMON = [
    ("suite", ["--suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"], ["-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"]),
    ("suite for our key", [], ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"]),
    ("suite of ours at all", [], ["-cipher", "AES128-SHA"]),
    ("group", ["--groups", "x448"], ["-groups", "X25519:P-256"]),
    ("curve of our certificate", [], ["-groups", "X25519"]),
    ("scheme", [], ["-sigalgs", "rsa_pss_rsae_sha256"]),
]

SPOILED = [
    ("certificate_verify", "decrypt_error", "require"),
    ("certificate", "decrypt_error", "require"),  # the CertificateVerify is checked before the chain
    ("finished", "bad_record_mac", "none"),
    ("application_data", "bad_record_mac", "none"),
]


def cases():
    found = []

    def add(peer, what, play):
        found.append(Case(peer, "server", "refusals", what, play))

    for auth in ("request", "require"):
        for cert, alert in CLIENT_CERTIFICATES:
            play = partial(refuses, alert, PEER_REFUSED, cert=cert, auth=auth)
            add("OpenSSL", f"client-auth {auth}, {cert}: {alert}", play)
    add("OpenSSL", "client-auth require, no certificate: handshake_failure",
        partial(refuses, "handshake_failure", PEER_REFUSED, auth="require"))  # fmt: skip
    for auth in ("request", "require"):
        add("OpenSSL", f"client-auth {auth}, a client without the private key of its certificate: decrypt_error",
            partial(refuses, "decrypt_error", TLS_FAILED, cert="client-stolen", auth=auth))  # fmt: skip
    for what, options, client_options in NOTHING_IN_COMMON:
        play = partial(refuses, "handshake_failure", TLS_FAILED, options=options, client_options=client_options)
        add("OpenSSL", f"no common {what}: handshake_failure", play)
    for version in ("-tls1", "-tls1_1"):
        play = partial(refuses, "protocol_version", TLS_FAILED, client_options=OLD, tls=version)
        add("OpenSSL", f"client with {version} only: protocol_version", play)
    add("OpenSSL", "client with -tls1_3 only, so no suite of 1.2: handshake_failure",
        partial(refuses, "handshake_failure", TLS_FAILED, tls="-tls1_3"))  # fmt: skip
    add("OpenSSL", "TLS_FALLBACK_SCSV below our version: inappropriate_fallback",
        partial(refuses, "inappropriate_fallback", TLS_FAILED, client_options=[*OLD, "-fallback_scsv"],
                tls="-tls1_1"))  # fmt: skip
    add("OpenSSL", "no common ALPN: no_application_protocol",
        partial(refuses, "no_application_protocol", TLS_FAILED, options=["--alpn", "h2"],
                client_options=["-alpn", "http/1.1"]))  # fmt: skip
    add("OpenSSL", "a name we do not serve: unrecognized_name",
        partial(refuses, "unrecognized_name", TLS_FAILED, sni="other.test"))  # fmt: skip
    for cert, alert in [("server-unknown-ca", "unknown_ca"), ("server-expired", "certificate_expired")]:
        add("OpenSSL", f"we show {cert}: {alert} from the client", partial(refused, cert, alert))
    for message, alert, auth in SPOILED:
        add("OpenSSL", f"a bit of {message} flipped: {alert}", partial(spoiled, message, alert, auth))
    add("OpenSSL", "TCP ends without close_notify: truncated", truncated)
    add("OpenSSL", "a renegotiating ClientHello: no_renegotiation", renegotiation)
    add("GnuTLS", "a renegotiating ClientHello: no_renegotiation", renegotiation_gnutls)
    add("OpenSSL", "SIGTERM drains", drains)
    add("OpenSSL", "a silent client beside it", silent_does_not_block)
    add("plain TCP", "HTTP on the port: unexpected_message", partial(other_protocol, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    add("plain TCP", "SSH on the port: unexpected_message", partial(other_protocol, b"SSH-2.0-OpenSSH_9.2p1\r\n"))
    add("plain TCP", "says nothing: handshake time-out", silent)
    add("plain TCP", "a key of another certificate: exit 2", no_key)
    add("plain TCP", "no certificate: exit 2", no_certificate)
    add("plain TCP", "the port is taken: exit 3", port_taken)
    return found
