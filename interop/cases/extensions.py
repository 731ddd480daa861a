# SPDX-License-Identifier: MIT
"""ALPN, identities chosen by name, key type, schemes and CA names, EMS, renegotiation_info, exporters, versions."""

from functools import partial

from cases import LINE, Case, talk
from handfast import Connect, Serve, agreed, identity, must, must_say, one
from peers import gnutls, openssl
from vocabulary import SUITES

BACK = LINE.strip()[::-1]
LABEL, LENGTH = "EXPORTER-handfast-interop", 32
OPENSSL_ECDSA = ":".join(suite.openssl for suite in SUITES if suite.auth == "ecdsa")
OPENSSL_RSA = ":".join(suite.openssl for suite in SUITES if suite.auth == "rsa")
NO_EMS = """openssl_conf = a
[a]
ssl_conf = b
[b]
system_default = c
[c]
Options = -ExtendedMasterSecret
"""


def alpn_connect_openssl(stage):
    server = openssl.server(stage, "-alpn", "http/1.1,h2")
    ours = Connect(stage, server.port, "--alpn", "h2,http/1.1", stdin=LINE)
    agreed(one(ours.finish()), alpn="http/1.1")
    must("payload", ours.process.stdout.strip(), BACK)


def alpn_serve_openssl(stage):
    ours = Serve(stage, "--alpn", "h2,http/1.1")
    client = openssl.client(stage, ours.port, "-alpn", "http/1.1,h2", stdin="pipe")
    talk(client)
    report = one(ours.finish())
    agreed(report, alpn="h2")
    must_say("s_client", client.text, "ALPN protocol: h2")


def alpn_connect_gnutls(stage):
    server = gnutls.server(stage, "--alpn", "http/1.1")
    ours = Connect(stage, server.port, "--alpn", "h2,http/1.1", stdin=LINE)
    agreed(one(ours.finish()), alpn="http/1.1")


def alpn_serve_gnutls(stage):
    ours = Serve(stage, "--alpn", "h2,http/1.1")
    client = gnutls.client(stage, ours.port, "--alpn", "http/1.1", stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), alpn="http/1.1")
    must_say("gnutls-cli", client.text, "Application protocol: http/1.1")


def alpn_only_ours(stage):
    server = openssl.server(stage)
    agreed(one(Connect(stage, server.port, "--alpn", "h2", stdin=LINE).finish()), alpn=None)


def alpn_only_theirs(stage):
    ours = Serve(stage)
    talk(openssl.client(stage, ours.port, "-alpn", "h2", stdin="pipe"))
    agreed(one(ours.finish()), alpn=None)


def server_identity(options, wanted, stage):
    """One server, five identities: the ClientHello decides (SNI, suites, schemes, groups)."""
    names = ("server-p256", "server-rsa", "server-ed25519", "second-p256", "server-p384")
    ours = Serve(stage, certs=names)
    sni = options[0]
    client = openssl.client(stage, ours.port, *options[1:], sni=sni, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()))
    must_say("s_client", client.text, f"subject=CN = {wanted}", "Verify return code: 0 (ok)")


def client_identity(options, names, wanted, stage):
    """The CertificateRequest decides which of the client's identities answers it, or that none does.

    s_server names the authorities of -CAfile and verifies by -verifyCAfile.
    """
    if "-CAfile" not in options:
        options = [*options, "-CAfile", "@root.crt"]
    server = openssl.server(stage, "-verify", 3, "-verifyCAfile", stage.pki.ca, *expand(options, stage))
    ours = Connect(stage, server.port, *[word for name in names for word in identity(stage, name)], stdin=LINE)
    agreed(one(ours.finish()))
    if wanted:
        must_say("s_server", server.text, f"Peer certificate: CN = {wanted}")
    else:
        must("s_server saw a certificate", "Peer certificate:" in server.text, False)


def expand(options, stage):
    return [stage.pki.at(word[1:]) if word.startswith("@") else word for word in options]


def requested(auth, cert, stage):
    ours = Serve(stage, auth=auth)
    client = openssl.client(stage, ours.port, cert=cert, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), peer_verified=cert is not None and auth != "none")
    named = "Acceptable client certificate CA names" in client.text
    must("s_client was asked for a certificate by CA names", named, auth != "none")


def without(flag, field, stage_role, stage):
    """GnuTLS leaves an extension out: agreed without it, and said so."""
    priority = f"{gnutls.TLS12}:{flag}"
    if stage_role == "client":
        server = gnutls.server(stage, priority=priority)
        report = one(Connect(stage, server.port, stdin=LINE).finish())
    else:
        ours = Serve(stage)
        talk(gnutls.client(stage, ours.port, priority=priority, stdin="pipe"))
        report = one(ours.finish())
    agreed(report, **{field: False})


def insecure_peer_allowed(stage):
    server = gnutls.server(stage, priority=f"{gnutls.TLS12}:%DISABLE_SAFE_RENEGOTIATION")
    ours = Connect(stage, server.port, "--allow-insecure-renegotiation-peer", stdin=LINE)
    agreed(one(ours.finish()), secure_renegotiation=False)


def newer_server(stage):
    """A server that also speaks TLS 1.3 marks its random (RFC 8446 4.1.3); a 1.2 client must not mind."""
    server = openssl.server(stage, tls="")
    ours = Connect(stage, server.port, stdin=LINE)
    agreed(one(ours.finish()), ems=True, secure_renegotiation=True)
    must("payload", ours.process.stdout.strip(), BACK)


def newer_client(stage):
    ours = Serve(stage)
    client = openssl.client(stage, ours.port, tls="", stdin="pipe")
    talk(client)
    agreed(one(ours.finish()), ems=True, secure_renegotiation=True)
    must_say("s_client", client.text, "Protocol  : TLSv1.2", "Secure Renegotiation IS supported")


def newer_gnutls_client(stage):
    ours = Serve(stage)
    client = gnutls.client(stage, ours.port, priority="NORMAL", stdin="pipe")
    talk(client)
    agreed(one(ours.finish()))
    must_say("gnutls-cli", client.text, "(TLS1.2-X.509)", "safe renegotiation", "extended master secret")


def material(text):
    """The hexadecimal digits after "Keying material: " or GnuTLS's "- Key material: "."""
    for line in text.splitlines():
        words = line.strip().split(": ")
        if words[0].lower().endswith(("keying material", "key material")) and len(words) == 2:
            return words[1].strip().upper()
    return None


def same_material(ours, peer):
    must("a peer's keying material was found", material(peer.text) is not None, True)
    must("exported keying material (RFC 5705)", material(ours.process.text), material(peer.text))


def export_connect(stage):
    server = openssl.server(
        stage, "-keymatexport", LABEL, "-keymatexportlen", LENGTH, mode="", stdin="pipe"
    )
    ours = Connect(stage, server.port, "--export", f"{LABEL}:{LENGTH}", stdin=LINE)
    agreed(one(ours.finish()))
    server.wait()
    same_material(ours, server)


def export_serve(stage):
    ours = Serve(stage, "--export", f"{LABEL}:{LENGTH}")
    client = openssl.client(stage, ours.port, "-keymatexport", LABEL, "-keymatexportlen", LENGTH, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()))
    same_material(ours, client)


def export_connect_gnutls(stage):
    server = gnutls.server(stage, "--keymatexport", LABEL, "--keymatexportsize", LENGTH)
    ours = Connect(stage, server.port, "--export", f"{LABEL}:{LENGTH}", stdin=LINE)
    agreed(one(ours.finish()))
    same_material(ours, server)


def export_serve_gnutls(stage):
    ours = Serve(stage, "--export", f"{LABEL}:{LENGTH}")
    client = gnutls.client(stage, ours.port, "--keymatexport", LABEL, "--keymatexportsize", LENGTH, stdin="pipe")
    talk(client)
    agreed(one(ours.finish()))
    same_material(ours, client)


def identity_cases():
    for options, wanted in [
        (["server.test", "-cipher", OPENSSL_RSA], "server-rsa"),
        (["server.test", "-cipher", OPENSSL_ECDSA, "-sigalgs", "ecdsa_secp256r1_sha256"], "server-p256"),
        (["server.test", "-sigalgs", "ed25519:ecdsa_secp256r1_sha256", "-groups", "X25519", "-cipher", OPENSSL_ECDSA],
         "server-ed25519"),
        (["server.test", "-groups", "P-384", "-cipher", OPENSSL_ECDSA, "-sigalgs",
          "ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256"], "server-p384"),
        (["second.test"], "second-p256"),
        (["localhost", "-cipher", OPENSSL_RSA], "server-rsa"),
    ]:  # fmt: skip
        what = f"{' '.join(options)} gets {wanted}"
        yield Case("OpenSSL", "server", "identities", what, partial(server_identity, options, wanted))
    both = ("client-p256", "client-rsa")
    for options, names, wanted in [
        (["-client_sigalgs", "rsa_pss_rsae_sha256"], both, "client-rsa"),
        (["-client_sigalgs", "ecdsa_secp256r1_sha256"], both, "client-p256"),
        (["-client_sigalgs", "ed25519"], ("client-rsa", "client-ed25519"), "client-ed25519"),
        (["-client_sigalgs", "ed25519"], both, None),
        (["-CAfile", "@other.crt"], both, None),
        (["-CAfile", "@other.crt"], (), None),
        (["-CAfile", "@root.crt"], both, "client-p256"),
    ]:
        what = f"{' '.join(options)}, of {' '.join(names) or 'none'}: {wanted or 'an empty Certificate'}"
        yield Case("OpenSSL", "client", "identities", what, partial(client_identity, options, names, wanted))
    for auth, cert in [("none", "client-p256"), ("request", None), ("request", "client-rsa"), ("require", "client-p521")]:
        what = f"client-auth {auth}, {cert or 'no certificate'}"
        yield Case("OpenSSL", "server", "identities", what, partial(requested, auth, cert))


def cases():
    found = list(identity_cases())
    for peer, role, what, play in [
        ("OpenSSL", "client", "ALPN, the server's order", alpn_connect_openssl),
        ("OpenSSL", "server", "ALPN, our order", alpn_serve_openssl),
        ("GnuTLS", "client", "ALPN", alpn_connect_gnutls),
        ("GnuTLS", "server", "ALPN", alpn_serve_gnutls),
        ("OpenSSL", "client", "ALPN offered, the server has none", alpn_only_ours),
        ("OpenSSL", "server", "ALPN offered, we have none", alpn_only_theirs),
        ("GnuTLS", "client", "no extended_master_secret", partial(without, "%NO_SESSION_HASH", "ems", "client")),
        ("GnuTLS", "server", "no extended_master_secret", partial(without, "%NO_SESSION_HASH", "ems", "server")),
        ("GnuTLS", "server", "no renegotiation_info",
         partial(without, "%DISABLE_SAFE_RENEGOTIATION", "secure_renegotiation", "server")),
        ("GnuTLS", "client", "no renegotiation_info, allowed", insecure_peer_allowed),
        ("OpenSSL", "client", "a server that also has TLS 1.3", newer_server),
        ("OpenSSL", "server", "a client that also has TLS 1.3", newer_client),
        ("GnuTLS", "server", "a client that also has TLS 1.3", newer_gnutls_client),
        ("OpenSSL", "client", "exporter", export_connect),
        ("OpenSSL", "server", "exporter", export_serve),
        ("GnuTLS", "client", "exporter", export_connect_gnutls),
        ("GnuTLS", "server", "exporter", export_serve_gnutls),
    ]:  # fmt: skip
        found.append(Case(peer, role, "extensions", what, play))
    return found
