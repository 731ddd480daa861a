# SPDX-License-Identifier: MIT
"""What `connect` refuses, and what refuses it: the alert seen on the wire by a tap, the report, the exit code."""

from functools import partial

from cases import LINE, Case
from handfast import NETWORK, PEER_REFUSED, TLS_FAILED, USAGE, Connect, identity, must, one
from peers import gnutls, openssl, python
from processes import Mismatch
from wire import Tap

OLD = ("-cipher", "ALL:@SECLEVEL=0")


def reported(found, alert, direction):
    """The one report of a failure; alert None: none was exchanged."""
    report = one(found)
    if not report.get("error"):
        raise Mismatch("the report names no error")
    seen = (report.get("alert"), report.get("alert_direction"))
    must("alert and direction reported", seen, (alert, direction if alert else None))
    return report


def refuses(cert, alert, code, stage, sni="server.test", server_options=(), **more):
    """Our client refuses what the server shows."""
    server = openssl.server(stage, *server_options, cert=cert, **more)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, sni=sni, stdin=LINE)
    reported(ours.finish(code), alert, "sent")
    tap.saw("client", alert)
    must("payload that reached a refused server", LINE.strip()[::-1] in ours.process.stdout, False)


def refused(server_options, options, alert, stage, cert="server-p256", **more):
    """The server refuses our client."""
    server = openssl.server(stage, *server_options, cert=cert, **more)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, *expand(options, stage), stdin=LINE)
    reported(ours.finish(TLS_FAILED), alert, "received")
    tap.saw("server", alert)


def expand(options, stage):
    words = []
    for word in options:
        words += identity(stage, word[1:]) if word.startswith("@") else [word]
    return words


def spoiled(message, alert, stage):
    """One bit of one of the server's messages is flipped on its way."""
    server = openssl.server(stage)
    tap = stage.keep(Tap(server.port, spoil_server=message))
    ours = Connect(stage, tap.port, stdin="pipe")
    ours.process.write(LINE)  # and no end: after our close_notify there would be no alert
    report = one(ours.finish(None))
    must("exit", ours.process.child.returncode, PEER_REFUSED if alert == "bad_certificate" else TLS_FAILED)
    must("alert and direction reported", (report.get("alert"), report.get("alert_direction")), (alert, "sent"))


def other_protocol(behave, stage):
    """RFC 5246 6: an unexpected record type is answered with unexpected_message."""
    server = python.Server(stage, behave)
    tap = stage.keep(Tap(server.port))
    ours = Connect(stage, tap.port, stdin=LINE)
    reported(ours.finish(TLS_FAILED), "unexpected_message", "sent")
    tap.saw("client", "unexpected_message")


def older_hello(minor, stage):
    """RFC 5246 E.1: the server chose a version below ours, with a suite that we offered."""
    body = bytes([3, minor]) + bytes(32) + b"\0" + b"\xc0\x2b" + b"\0"
    message = b"\2" + len(body).to_bytes(3, "big") + body
    record = bytes([22, 3, minor]) + len(message).to_bytes(2, "big") + message
    server = python.Server(stage, python.answer(record))
    tap = stage.keep(Tap(server.port))
    reported(Connect(stage, tap.port, stdin=LINE).finish(TLS_FAILED), "protocol_version", "sent")
    tap.saw("client", "protocol_version")


def truncated(stage):
    """The server's application data come, then the end of TCP: not the same as close_notify (A3)."""
    server = openssl.server(stage)
    tap = stage.keep(Tap(server.port, cut="server"))
    ours = Connect(stage, tap.port, stdin="pipe")
    ours.process.write(LINE)
    report = one(ours.finish(TLS_FAILED))
    must("error", "TRUNCATED" in str(report.get("error")).upper(), True)
    must("what came before the end is given out", ours.process.stdout.strip(), LINE.strip()[::-1])


def closed_in_handshake(stage):
    server = python.Server(stage, lambda plain: plain.recv(65536))
    reported(Connect(stage, server.port, stdin=LINE).finish(TLS_FAILED), None, None)


def silent(stage):
    server = python.Server(stage, python.drain)
    ours = Connect(stage, server.port, stdin=LINE, timeout=1)
    report = one(ours.finish(TLS_FAILED, timeout=5))
    must("error", "TIMEOUT" in str(report.get("error")).upper(), True)


def nobody(stage):
    Connect(stage, stage.ports.take(), stdin=LINE).finish(NETWORK)


def no_such_option(stage):
    Connect(stage, stage.ports.take(), "--no-such-option", stdin=LINE).finish(USAGE)


def no_such_suite(stage):
    Connect(stage, stage.ports.take(), "--suites", "TLS_NO_SUCH_SUITE", stdin=LINE).finish(USAGE)


def wrong_key(stage):
    options = ["--cert", stage.pki.cert("client-p256"), "--key", stage.pki.key("client-p384")]
    Connect(stage, stage.ports.take(), *options, stdin=LINE).finish(USAGE)


def insecure_peer(stage):
    """RFC 9325 3.5: a server that does not acknowledge renegotiation_info is refused."""
    server = gnutls.server(stage, priority=f"{gnutls.TLS12}:%DISABLE_SAFE_RENEGOTIATION")
    tap = stage.keep(Tap(server.port))
    reported(Connect(stage, tap.port, stdin=LINE).finish(TLS_FAILED), "handshake_failure", "sent")
    tap.saw("client", "handshake_failure")


def hello_request(stage):
    """The server asks to renegotiate: no_renegotiation, a warning (RFC 5246 7.2.2), and the data go on."""
    server = openssl.server(stage, mode="", stdin="pipe")
    ours = Connect(stage, server.port, stdin="pipe")
    ours.process.write(LINE)
    server.says(LINE.decode())
    server.write(b"r\n")
    server.until(lambda: "no renegotiation" in server.text, "the warning no_renegotiation")
    ours.process.close_stdin()
    ours.finish(None)
    must("handfast did not crash", ours.process.child.returncode in (0, TLS_FAILED), True)


CERTIFICATES = [
    ("server-unknown-ca", "unknown_ca"),
    ("server-no-chain", "unknown_ca"),
    ("server-self-signed", "unknown_ca"),
    ("server-expired", "certificate_expired"),
    ("server-not-yet", "certificate_expired"),  # RFC 5246 7.2.2: "has expired or is not currently valid"
    ("server-wrong-name", "bad_certificate"),
    ("server-wrong-purpose", "unsupported_certificate"),
    ("server-broken", "bad_certificate"),  # RFC 5246 7.2.2: "signatures that did not verify correctly"
    ("server-not-a-ca", "bad_certificate"),
]

REFUSED = [
    ("no common suite", ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
     ["--suites", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"], "handshake_failure", "server-p256"),
    ("no common group", ["-groups", "X448"], ["--groups", "x25519,secp256r1"], "handshake_failure", "server-rsa"),
    ("no common scheme", ["-sigalgs", "ed25519"], ["--sigalgs", "rsa_pss_rsae_sha256,ecdsa_secp256r1_sha256"],
     "handshake_failure", "server-ed25519"),
    ("no suite for the server's key", [], ["--suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
     "handshake_failure", "server-p256"),
    ("no common ALPN", ["-alpn", "h2"], ["--alpn", "http/1.1"], "no_application_protocol", "server-p256"),
]  # fmt: skip

CLIENT_CERTIFICATES = [
    ("no client certificate", [], "handshake_failure"),
    ("client certificate expired", ["@client-expired"], "certificate_expired"),
    ("client certificate for servers only", ["@client-wrong-purpose"], "unsupported_certificate"),
    ("client certificate with a broken signature", ["@client-broken"], "decrypt_error"),
]


def cases():
    found = []

    def add(peer, what, play):
        found.append(Case(peer, "client", "refusals", what, play))

    for cert, alert in CERTIFICATES:
        add("OpenSSL", f"{cert}: {alert}", partial(refuses, cert, alert, PEER_REFUSED))
    add("OpenSSL", "IP address not in the certificate: bad_certificate",
        partial(refuses, "server-p256", "bad_certificate", PEER_REFUSED, sni="127.0.0.9"))  # fmt: skip
    add("OpenSSL", "a server without the private key of its certificate: decrypt_error",
        partial(refuses, "server-stolen", "decrypt_error", TLS_FAILED))  # fmt: skip
    for what, server_options, options, alert, cert in REFUSED:
        add("OpenSSL", f"{what}: {alert} from the server", partial(refused, server_options, options, alert, cert=cert))
    for what, options, alert in CLIENT_CERTIFICATES:
        play = partial(refused, [], options, alert, auth="require")
        add("OpenSSL", f"{what}: {alert} from the server", play)
    for version in ("-tls1", "-tls1_1"):  # it has none of the suites a TLS 1.2 AEAD client offers
        play = partial(refused, OLD, [], "handshake_failure", tls=version)
        add("OpenSSL", f"server with {version} only: handshake_failure from the server", play)
    for minor in (1, 2):
        add("plain TCP", f"a ServerHello of TLS 1.{minor - 1}: protocol_version", partial(older_hello, minor))
    add("OpenSSL", "server with -tls1_3 only: protocol_version from the server",
        partial(refused, [], [], "protocol_version", tls="-tls1_3"))  # fmt: skip
    for message, alert in [("certificate", "bad_certificate"), ("server_key_exchange", "decrypt_error"),
                           ("finished", "bad_record_mac"), ("application_data", "bad_record_mac")]:  # fmt: skip
        add("OpenSSL", f"a bit of {message} flipped: {alert}", partial(spoiled, message, alert))
    add("GnuTLS", "no renegotiation_info: handshake_failure", insecure_peer)
    add("OpenSSL", "HelloRequest: no_renegotiation, a warning", hello_request)
    add("OpenSSL", "TCP ends without close_notify: truncated", truncated)
    add("plain TCP", "an HTTP server: unexpected_message",
        partial(other_protocol, python.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")))  # fmt: skip
    add("plain TCP", "an SSH server: unexpected_message",
        partial(other_protocol, python.speak_first(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")))  # fmt: skip
    add("plain TCP", "closes in the handshake", closed_in_handshake)
    add("plain TCP", "says nothing: handshake time-out", silent)
    add("plain TCP", "nobody listens: exit 3", nobody)
    add("plain TCP", "an unknown option: exit 2", no_such_option)
    add("plain TCP", "an unknown suite: exit 2", no_such_suite)
    add("plain TCP", "a key of another certificate: exit 2", wrong_key)
    return found
