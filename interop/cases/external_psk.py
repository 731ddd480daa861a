# SPDX-License-Identifier: MIT
"""External pre-shared keys in TLS 1.3, RFC 8446 2.2, 4.2.11: with and without a key exchange, behind HelloRetryRequest, beside
certificates, and who does not have the key. Both roles."""

import os
from functools import partial

from cases import LINE, Case, talk
from handfast import TLS_FAILED, Connect, Serve, agreed, must, must_say, one
from peers import gnutls, openssl

NAME = "router-7"
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2
OTHER = "f0" * 32
OURS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}


def key_file(stage, key=KEY, name=NAME):
    """In the form that gnutls-serv reads too."""
    path = stage.write(f"{name}.psk", f"{name}:{key}\n")
    os.chmod(path, 0o600)
    return path


def ours(stage, *options, key=KEY, name=NAME):
    return ["--min", "1.3", "--psk-file", key_file(stage, key, name), *options]


def by_key(report, **wanted):
    agreed(report, version="TLS 1.3", psk="used", psk_identity=NAME, resumed=False, server_scheme=None, **wanted)


# ---- OpenSSL: SHA-256, as its -psk has it ----
def openssl_words(*options, key=KEY):
    return ["-psk_identity", NAME, "-psk", key, *options]


def connect_to_openssl(group, theirs, mine, cert, stage):
    server = openssl.server(stage, *openssl_words(*theirs), cert=cert, tls="-tls1_3")
    connect = Connect(stage, server.port, *ours(stage, *mine), stdin=LINE)
    by_key(one(connect.finish()), group=group)
    must("payload, reversed by s_server", connect.process.stdout.strip(), LINE.strip()[::-1])
    must("exit of s_server", server.wait(5), 0)


def serve_openssl(group, theirs, mine, certs, stage):
    serve = Serve(stage, *ours(stage, *mine), certs=certs)
    client = openssl.client(stage, serve.port, *openssl_words(*theirs), tls="-tls1_3", stdin="pipe")
    talk(client)
    by_key(one(serve.finish()), group=group)
    must_say("s_client", client.text, "Reused, TLSv1.3")


def wrong_key_at_openssl(stage):
    server = openssl.server(stage, *openssl_words(key=OTHER), tls="-tls1_3")
    report = one(Connect(stage, server.port, *ours(stage), stdin=LINE).finish(TLS_FAILED))
    must("alert", report.get("alert"), "illegal_parameter")  # RFC 8446 6.2 would have decrypt_error
    must("direction", report.get("alert_direction"), "received")


def wrong_key_of_openssl(stage):
    serve = Serve(stage, *ours(stage))
    client = openssl.client(stage, serve.port, *openssl_words(key=OTHER), tls="-tls1_3")
    report = one(serve.finish(TLS_FAILED))
    must("error", report.get("error"), "BAD_BINDER")
    must("alert", report.get("alert"), "decrypt_error")
    client.wait()
    must_say("s_client", client.text, "alert decrypt error")


def unknown_to_openssl(stage):
    """RFC 8446 4.2.11: a full handshake."""
    server = openssl.server(stage, *openssl_words(), tls="-tls1_3")
    connect = Connect(stage, server.port, *ours(stage, name="router-8"), stdin=LINE)
    agreed(one(connect.finish()), version="TLS 1.3", psk="unknown", psk_identity=None, peer_verified=True)


def unknown_of_openssl(certs, stage):
    serve = Serve(stage, *ours(stage, name="router-8"), certs=certs)
    client = openssl.client(stage, serve.port, *openssl_words(), tls="-tls1_3", stdin="pipe" if certs else b"")
    if certs:
        talk(client)
        agreed(one(serve.finish()), version="TLS 1.3", psk="unknown", psk_identity=None)
        return
    report = one(serve.finish(TLS_FAILED))
    must("error", report.get("error"), "UNKNOWN_PSK_IDENTITY")
    client.wait()
    must_say("s_client", client.text, "unknown psk identity")


# ---- GnuTLS ----
PRIORITY = "NORMAL:-VERS-ALL:+VERS-TLS1.3:"


def connect_to_gnutls(words, group, mine, cert, stage):
    server = gnutls.server(stage, "--pskpasswd", key_file(stage), cert=cert, priority=PRIORITY + words)
    connect = Connect(stage, server.port, *ours(stage, *mine), stdin=LINE)
    by_key(one(connect.finish()), group=group)
    must("payload, echoed by gnutls-serv", connect.process.stdout, LINE)
    must_say("gnutls-serv", server.text, f"Connected as '{NAME}'")


def serve_gnutls(words, group, mine, certs, stage):
    serve = Serve(stage, *ours(stage, *mine), certs=certs)
    client = gnutls.client(stage, serve.port, "--pskusername", NAME, "--pskkey", KEY, priority=PRIORITY + words, stdin="pipe")
    talk(client)
    by_key(one(serve.finish()), group=group)


def wrong_key_of_gnutls(stage):
    serve = Serve(stage, *ours(stage))
    client = gnutls.client(stage, serve.port, "--pskusername", NAME, "--pskkey", OTHER, priority=PRIORITY + "+ECDHE-PSK")
    report = one(serve.finish(TLS_FAILED))
    must("error", report.get("error"), "BAD_BINDER")
    client.wait()


def cases():
    def case(peer, role, what, play, *more):
        return Case(peer, role, "external PSK", what, partial(play, *more) if more else play)

    dhe, alone = "+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519", "-KX-ALL:+PSK"
    x25519, other = ["--groups", "x25519"], ["--groups", "x25519,secp384r1"]
    ke, no_group = "-allow_no_dhe_kex", ["--groups", "x25519", "--psk-alone"]
    found = [
        case("OpenSSL", "client", "x25519", connect_to_openssl, "x25519", ["-groups", "X25519"], x25519, None),
        case("OpenSSL", "client", "beside a certificate", connect_to_openssl, "x25519", [], x25519, "server-p256"),
        case("OpenSSL", "client", "HelloRetryRequest", connect_to_openssl, "secp384r1", ["-groups", "P-384"], other, None),
        case("OpenSSL", "client", "psk_ke", connect_to_openssl, None, ["-groups", "P-256", ke], no_group, None),
        case("OpenSSL", "server", "x25519", serve_openssl, "x25519", ["-groups", "X25519"], x25519, ()),
        case("OpenSSL", "server", "beside a certificate", serve_openssl, "x25519", ["-groups", "X25519"], [], ("server-p256",)),
        case("OpenSSL", "server", "HelloRetryRequest", serve_openssl, "secp384r1", ["-groups", "X25519:P-384"], ["--groups", "secp384r1"], ()),
        case("OpenSSL", "server", "psk_ke", serve_openssl, None, ["-groups", "P-256", ke], no_group, ()),
        case("OpenSSL", "client", "another key", wrong_key_at_openssl),
        case("OpenSSL", "server", "another key", wrong_key_of_openssl),
        case("OpenSSL", "client", "unknown, a full handshake", unknown_to_openssl),
        case("OpenSSL", "server", "unknown, a full handshake", unknown_of_openssl, ("server-p256",)),
        case("OpenSSL", "server", "unknown, and no certificate", unknown_of_openssl, ()),
        case("GnuTLS", "client", "x25519", connect_to_gnutls, dhe, "x25519", x25519, None),
        case("GnuTLS", "client", "HelloRetryRequest", connect_to_gnutls, dhe, "x25519", ["--groups", "secp256r1,x25519"], None),
        case("GnuTLS", "client", "psk_ke", connect_to_gnutls, alone, None, ["--psk-alone"], None),
        case("GnuTLS", "client", "beside a certificate", connect_to_gnutls, dhe, "x25519", x25519, "server-p256"),
        case("GnuTLS", "server", "x25519", serve_gnutls, dhe, "x25519", x25519, ()),
        case("GnuTLS", "server", "psk_ke", serve_gnutls, alone, None, ["--psk-alone"], ()),
        case("GnuTLS", "server", "beside a certificate", serve_gnutls, dhe, "x25519", [], ("server-p256",)),
        case("GnuTLS", "server", "another key", wrong_key_of_gnutls),
    ]
    return found
