# SPDX-License-Identifier: MIT
"""Botan 2: tls_server and tls_client. No X448 and no Ed25519 in TLS, no client certificates in its tools.

Its server echoes lines, but drops what is unsent when the client closes: read the answer, then close.
"""

import subprocess

NAME = "Botan"
PACKAGE = "botan"
POLICY = """allow_tls10=false
allow_tls11=false
allow_tls12=true
allow_dtls12=false
ciphers={cipher}
macs={mac}
key_exchange_methods={kx}
negotiate_encrypt_then_mac={etm}
key_exchange_groups={groups}
signature_methods={method}
"""


def version():
    return "Botan " + subprocess.run(["botan", "version"], capture_output=True, text=True).stdout.strip()


def knows(combination):
    return combination.group.botan and combination.kind.name != "ed25519"


def policy(stage, combination, groups, etm=True):
    """RSA key transport is to Botan a certificate that signs nothing: IMPLICIT."""
    kx = getattr(combination.suite, "kx", None)
    method = "IMPLICIT" if kx and kx.botan == "RSA" else "RSA" if combination.kind.auth == "rsa" else "ECDSA"
    return stage.write(
        "policy.txt",
        POLICY.format(
            cipher=combination.suite.botan,
            groups=" ".join(group.botan for group in groups),
            method=method,
            mac=getattr(combination.suite, "mac", "AEAD"),
            kx=kx.botan if kx else "ECDH",
            etm=str(etm).lower(),
        ),
    )


def server(stage, combination, count=1):
    port, pki = stage.ports.take(), stage.pki
    name = f"server-{combination.kind.key}"
    argv = ["stdbuf", "-oL", "botan", "tls_server", pki.cert(name), pki.key(name), f"--port={port}", f"--max-clients={count}"]
    argv += ["--policy=" + policy(stage, combination, [combination.group])]
    process = stage.start("botan-server", argv)
    process.listens(port)
    process.port = port
    return process


def client(stage, port, combination, stdin):
    """Sessions are kept in a database between two clients of one case."""
    argv = ["stdbuf", "-oL", "botan", "tls_client", "localhost", f"--port={port}", "--skip-system-cert-store"]
    argv += ["--policy=" + policy(stage, combination, combination.groups), f"--trusted-cas={stage.pki.ca}"]
    argv += ["--session-db=" + stage.path("sessions.db"), "--session-db-pass=interop"]
    return stage.start("botan-client", argv, stdin)
