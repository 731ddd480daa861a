# SPDX-License-Identifier: MIT
"""Raw public keys, RFC 7250: GnuTLS has them, in both versions and both roles. Debian's OpenSSL 3.0 has none."""

import hashlib
import subprocess

from cases import LINE, Case
from handfast import PEER_REFUSED, TLS_FAILED, Connect, Serve, must, must_say, one
from peers import gnutls

VERSIONS = {"1.2": "TLS1.2", "1.3": "TLS1.3"}


def priority(version, *types):
    return f"NORMAL:-VERS-ALL:+VERS-{VERSIONS[version]}" + "".join(f":+CTYPE-{t}" for t in types)


def made(stage, name, kind):
    """A key pair of the stage's own: paths of both halves, and the digest that --trust-key takes."""
    key, public = f"{stage.folder}/{name}.key", f"{stage.folder}/{name}.pub"
    algorithm = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "p256" else ["RSA"] if kind == "rsa" else ["ED25519"]
    subprocess.run(["openssl", "genpkey", "-algorithm", *algorithm, "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    return key, public, hashlib.sha256(der).hexdigest()


def raw_server(stage, version, kind, *options, **more):
    key, public, digest = made(stage, "server", kind)
    server = gnutls.server(
        stage,
        "--rawpkkeyfile",
        key,
        "--rawpkfile",
        public,
        *options,
        cert=None,
        priority=priority(version, "CLI-RAWPK", "SRV-RAWPK"),
        **more,
    )
    return server, digest


def connects(version, kind):
    def play(stage):
        server, digest = raw_server(stage, version, kind, auth="require", raw=True)
        key, _, own = made(stage, "client", kind)
        limits = ["--min", version, "--max", version]
        ours = Connect(stage, server.port, *limits, "--raw-key", key, "--trust-key", f"sha256:{digest}", stdin="pipe")
        ours.ask(LINE, LINE.strip())
        report = one(ours.finish())
        must("peer_raw_key_sha256", report["peer_raw_key_sha256"], digest)
        must("peer_verified", report["peer_verified"], True)
        must("version", report["version"], f"TLS {version}")
        must("client_scheme is there", report["client_scheme"] is not None, True)

    return play


def connects_without_trust(version):
    def play(stage):
        server, digest = raw_server(stage, version, "p256")
        wrong = ("0" if digest[0] != "0" else "1") + digest[1:]
        limits = ["--min", version, "--max", version]
        report = one(Connect(stage, server.port, *limits, "--trust-key", f"sha256:{wrong}").finish(PEER_REFUSED))
        must("error", report["error"], "RAW_KEY_NOT_TRUSTED")

    return play


def falls_back(version):
    """GnuTLS has a certificate alone: both types are offered, and it takes X.509 without a word, or by name."""

    def play(stage):
        server = gnutls.server(stage, priority=priority(version))
        _, public, _ = made(stage, "nobody", "p256")
        ours = Connect(stage, server.port, "--min", version, "--max", version, "--trust-key", public, stdin="pipe")
        ours.ask(LINE, LINE.strip())
        report = one(ours.finish())
        must("peer_verified", report["peer_verified"], True)
        must("peer_raw_key_sha256", report.get("peer_raw_key_sha256"), None)

    return play


def serves(version, kind):
    def play(stage):
        key, _, _ = made(stage, "server", kind)
        client_key, client_public, client_digest = made(stage, "client", kind)
        limits = ["--min", version, "--max", version]
        ours = Serve(stage, "--raw-key", key, *limits, "--trust-key", client_public, certs=(), auth="require")
        client = gnutls.client(
            stage,
            ours.port,
            "--rawpkkeyfile",
            client_key,
            "--rawpkfile",
            client_public,
            "--insecure",
            priority=priority(version, "CLI-RAWPK", "SRV-RAWPK"),
            stdin="pipe",
        )
        client.write(LINE)
        client.until(lambda: LINE.strip() in client.stdout.split(b"Simple Client Mode")[-1], "its line")
        client.close_stdin()
        client.wait()
        report = one(ours.finish())
        must("peer_raw_key_sha256", report["peer_raw_key_sha256"], client_digest)
        must("peer_verified", report["peer_verified"], True)
        must_say("gnutls-cli", client.stdout.decode(), "Certificate type: Raw Public Key")

    return play


def serves_nobody_else(version):
    """A client of certificates alone has no type in common with a server of raw keys."""

    def play(stage):
        key, _, _ = made(stage, "server", "p256")
        ours = Serve(stage, "--raw-key", key, "--min", version, "--max", version, certs=())
        client = gnutls.client(stage, ours.port, priority=priority(version))
        client.wait()
        report = one(ours.finish(TLS_FAILED))
        must("error", report["error"], "NO_COMMON_CERTIFICATE_TYPE")
        must("alert", report["alert"], "unsupported_certificate")

    return play


def cases():
    found = []
    for version in VERSIONS:
        for kind in ("p256", "rsa", "ed25519"):
            found.append(Case("GnuTLS", "client", "raw public keys", f"{kind}, both sides, TLS {version}", connects(version, kind)))
            found.append(Case("GnuTLS", "server", "raw public keys", f"{kind}, both sides, TLS {version}", serves(version, kind)))
        found += [
            Case("GnuTLS", "client", "raw public keys", f"not trusted, TLS {version}", connects_without_trust(version)),
            Case("GnuTLS", "client", "raw public keys", f"certificates instead, TLS {version}", falls_back(version)),
            Case("GnuTLS", "server", "raw public keys", f"a client of certificates, TLS {version}", serves_nobody_else(version)),
        ]
    return found
