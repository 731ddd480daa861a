# SPDX-License-Identifier: MIT
"""trusted_ca_keys with wolfSSL, and extensions of the application's own with OpenSSL's -serverinfo."""

import base64
import hashlib
import os
import subprocess
from functools import partial

from cases import LINE, Case
from handfast import Connect, Serve, agreed, must, must_say, one
from ocsp import element
from peers import openssl, wolfssl

KINDS = ["pre-agreed", "key", "name", "cert"]  # IdentifierType 0 to 3, RFC 6066 6
MINE = 65300


def der(path, *what):
    return subprocess.run(["openssl", "x509", "-in", path, *what], check=True, capture_output=True).stdout


def identifiers(path):
    """By IdentifierType: of an EC root, the SHA-1 hash of its key's bits, its subject, the SHA-1 hash of the whole."""
    whole = der(path, "-outform", "DER")
    public = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=der(path, "-pubkey", "-noout"), check=True,
                            capture_output=True).stdout
    point = public[public.index(b"\x00\x04", 20) + 1 :]
    name = subject(whole)
    return ["-", hashlib.sha1(point).hexdigest(), name.hex(), hashlib.sha1(whole).hexdigest()]


def subject(whole):
    """The sixth element of TBSCertificate, after [0] version, serial, signature, issuer and validity (RFC 5280 4.1)."""
    at, _ = element(whole, 0)
    at, _ = element(whole, at)
    for _ in range(5):
        _, at = element(whole, at)
    return whole[at : element(whole, at)[1]]


def trusted_by_wolfssl(kind, stage):
    """Its client says whom it trusts; ours has two chains and must choose the second, and acknowledge. RFC 6066 6 wants that in
    ServerHello, where wolfSSL 5.5 takes it for misplaced (EXT_NOT_ALLOWED, -424): what it says is read, no further."""
    ours = Serve(stage, "--ca", stage.pki.ca, "--pre-agreed", 2, certs=("server-unknown-ca", "server-p256"))
    client = wolfssl.client(stage, ours.port, stage.pki.ca, kind, identifiers(stage.pki.ca)[kind])
    must("exit of wolf", client.wait(), 1)
    must_say("wolfSSL", client.text, "wolfSSL_connect: -1 -424")
    must("trusted_ca", one(ours.finish(expected=1))["trusted_ca"], True)


def unknown_to_wolfssl(stage):
    """Nothing matches: the first chain, no acknowledgement, and its client cannot verify it."""
    ours = Serve(stage, certs=("server-unknown-ca", "server-unknown-ca"))
    client = wolfssl.client(stage, ours.port, stage.pki.ca, 3, identifiers(stage.pki.ca)[3])
    client.wait()
    report = one(ours.finish(expected=1))
    must("trusted_ca", report["trusted_ca"], False)
    must("alert from", report["alert_direction"], "received")


def trusted_by_us(kind, stage):
    """Its server acknowledges what it knows."""
    server = wolfssl.server(stage, "server-p256", kind, identifiers(stage.pki.ca)[kind])
    ours = Connect(stage, server.port, "--trusted-ca", KINDS[kind], stdin=LINE)
    agreed(one(ours.finish()), trusted_ca=True)
    must("payload", ours.process.stdout, LINE)


def own_offered_by_openssl(stage):
    """s_client -serverinfo sends the extension empty, and prints what the server answers."""
    ours = Serve(stage, "--extension", f"{MINE}:c0ffee")
    client = openssl.client(stage, ours.port, "-serverinfo", str(MINE), stdin=b"")
    client.wait()
    agreed(one(ours.finish()), extensions={str(MINE): ""})
    wanted = base64.b64encode(MINE.to_bytes(2, "big") + b"\0\3\xc0\xff\xee").decode()
    must_say("s_client", client.text, f"SERVERINFO FOR EXTENSION {MINE}", wanted)


def own_answered_by_openssl(stage):
    body = b"\0\1\2"
    info = MINE.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body
    path = os.path.join(stage.folder, "serverinfo.pem")
    with open(path, "w", encoding="ascii") as pem:
        pem.write(f"-----BEGIN SERVERINFO FOR {MINE}-----\n{base64.b64encode(info).decode()}\n-----END SERVERINFO FOR {MINE}-----\n")
    server = openssl.server(stage, "-serverinfo", path)
    ours = Connect(stage, server.port, "--extension", f"{MINE}", stdin=LINE)
    agreed(one(ours.finish()), extensions={str(MINE): body.hex()})


def ours_that_openssl_does_not_know(stage):
    server = openssl.server(stage)
    ours = Connect(stage, server.port, "--extension", f"{MINE}:ff", "--trusted-ca", "name", stdin=LINE)
    report = agreed(one(ours.finish()), trusted_ca=False)
    must("extensions", (report or {}).get("extensions"), None)


def cases():
    for kind, word in enumerate(KINDS):
        yield Case("wolfSSL", "server", "trusted CAs", f"trusted_ca_keys by {word}, read and acted on", partial(trusted_by_wolfssl, kind))
        yield Case("wolfSSL", "client", "trusted CAs", f"trusted_ca_keys by {word}", partial(trusted_by_us, kind))
    yield Case("wolfSSL", "server", "trusted CAs", "trusted_ca_keys, nothing matches", unknown_to_wolfssl)
    yield Case("OpenSSL", "server", "extensions", "one of its own, answered", own_offered_by_openssl)
    yield Case("OpenSSL", "client", "extensions", "one of our own, answered", own_answered_by_openssl)
    yield Case("OpenSSL", "client", "extensions", "one of our own and trusted_ca_keys, ignored", ours_that_openssl_does_not_know)
