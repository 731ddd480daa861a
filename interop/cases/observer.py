# SPDX-License-Identifier: MIT
"""Connections of others, captured while they are made: `handfast flow read` beside tshark, and without the secrets."""

from functools import partial

from capture import CLIENT, Listener
from cases import LINE, Case
from dissect import compare, ours, theirs
from handfast import Connect, Serve, identity, must
from peers import gnutls, mbedtls, openssl, web
from processes import Mismatch
from vocabulary import SUITES

FORMATS = ("ladder", "compact", "list", "tree", "markdown", "html", "svg", "mermaid", "json")
TLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"


def judge(stage, listener, keys, least):
    """Every field both know is the same, and what opens the capture is in no picture."""
    capture = stage.path("capture.pcap")
    listener.write(capture)
    mine = ours(stage, capture, "--keylog", keys, "--require-decrypt")
    compared = compare(mine, theirs(stage, capture, CLIENT[0], "-o", f"tls.keylog_file:{keys}"))
    if compared < least:
        raise Mismatch(f"only {compared} values were compared, {least} at least were expected")
    compare(ours(stage, capture), theirs(stage, capture, CLIENT[0]))
    with open(keys, encoding="ascii") as file:
        secrets = [line.split()[2] for line in file if not line.startswith("#") and len(line.split()) == 3]
    must("secrets in the key log", len(secrets) > 0, True)
    for picture in FORMATS:
        shown = stage.run("flow-read", [stage.program, "flow", "read", capture, "--keylog", keys, f"--flow={picture}"])
        text = shown.stdout.decode().lower()
        must(f"exit code of {picture}", shown.child.returncode, 0)
        must(f"secrets in {picture}", [secret for secret in secrets if secret.lower()[:32] in text], [])
        must(f"payload in {picture}", LINE.decode().strip() in text, False)
    undecoded = stage.run("flow-read", [stage.program, "flow", "read", capture, "--require-decrypt"])
    must("exit code without the secrets", undecoded.child.returncode, 7)


def openssl_pair(tls, options, least, stage):
    keys = stage.path("keys")
    server = openssl.server(stage, *options[0], tls=tls, tickets=True)
    listener = stage.keep(Listener(server.port))
    client = openssl.client(stage, listener.port, "-keylogfile", keys, *options[1], tls=tls, tickets=True, stdin="pipe")
    client.write(LINE)
    client.says(LINE.decode().strip()[::-1])
    client.close_stdin()
    client.wait()
    judge(stage, listener, keys, least)


def gnutls_pair(priority, least, stage):
    keys = stage.path("keys")
    server = gnutls.server(stage, priority=priority, tickets=True)
    listener = stage.keep(Listener(server.port))
    argv = ["gnutls-cli", "--port", listener.port, "--priority", priority, "--x509cafile", stage.pki.ca]
    argv += ["--sni-hostname", "server.test", "--verify-hostname", "server.test", "127.0.0.1"]
    client = stage.start("gnutls-cli", argv, "pipe", {"SSLKEYLOGFILE": keys})
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    client.wait()
    judge(stage, listener, keys, least)


def with_mbedtls(stage):
    keys = stage.path("keys")
    suites = [suite for suite in SUITES if suite.auth == "ecdsa"][:1]
    server = mbedtls.server(stage, "server-p256", suites, 1)
    listener = stage.keep(Listener(server.port))
    Connect(stage, listener.port, "--keylog", keys, stdin=LINE).finish(None)
    judge(stage, listener, keys, 60)


def with_wolfssl(stage):
    """lighttpd's wolfSSL has no TLS 1.3."""
    keys = stage.path("keys")
    server = web.lighttpd(stage, "wolfssl")
    listener = stage.keep(Listener(server.port))
    client = openssl.client(stage, listener.port, "-keylogfile", keys, "-ign_eof",
                            stdin=b"GET / HTTP/1.0\r\nHost: server.test\r\n\r\n")  # fmt: skip
    client.wait()
    judge(stage, listener, keys, 60)


def handfast_pair(stage):
    """A double handshake: the second is inside the first's protection."""
    keys = stage.path("keys")
    server = Serve(stage, "--double-handshake", auth="require")
    listener = stage.keep(Listener(server.port))
    Connect(stage, listener.port, "--double-handshake", *identity(stage, "client-p256"), "--keylog", keys, stdin=LINE).finish()
    server.finish()
    judge(stage, listener, keys, 100)


def cases():
    rows = [
        ("OpenSSL", "TLS 1.2", partial(openssl_pair, "-tls1_2", ([], []), 80)),
        ("OpenSSL", "TLS 1.2, CBC", partial(openssl_pair, "-tls1_2", ([], ["-cipher", "ECDHE-ECDSA-AES128-SHA256"]), 50)),
        ("OpenSSL", "TLS 1.3", partial(openssl_pair, "-tls1_3", ([], []), 60)),
        ("OpenSSL", "TLS 1.3 with a second ClientHello", partial(openssl_pair, "-tls1_3", (["-groups", "P-384"], ["-groups", "X25519:P-384"]), 80)),
        ("GnuTLS", "TLS 1.2", partial(gnutls_pair, TLS12, 80)),
        ("GnuTLS", "TLS 1.3", partial(gnutls_pair, TLS13, 60)),
        ("mbed TLS", "TLS 1.2", with_mbedtls),
        ("wolfSSL", "TLS 1.2", with_wolfssl),
        ("handfast", "a double handshake", handfast_pair),
    ]
    return [Case(peer, "observer", "flow read", f"{what}: beside tshark", play) for peer, what, play in rows]
