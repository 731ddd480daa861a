# SPDX-License-Identifier: MIT
"""openssl s_server and s_client. `-rev` answers each line reversed and prints a summary of the connection."""

import subprocess

from vocabulary import EVERY_SUITE

NAME = "OpenSSL"
PACKAGE = "openssl"


def version():
    told = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()
    return " ".join(told[:2])


def limits(combination):
    if combination is None:
        return []
    curves = [group.openssl for group in combination.groups if not group.iana.startswith("ffdhe")]  # TLS 1.3's, it says
    return [
        "-cipher", combination.suite.openssl + (":@SECLEVEL=0" if combination.suite in EVERY_SUITE else ""),
        "-groups", ":".join(curves),
        "-sigalgs", ":".join(combination.schemes),
        "-client_sigalgs", ":".join(combination.schemes),
    ]  # fmt: skip


def certificate(stage, name):
    above = stage.pki.above(name)
    chain = ["-cert_chain", above] if above else []
    return ["-cert", stage.pki.cert(name), "-key", stage.pki.key(name), *chain]


def server(stage, *options, cert="server-p256", combination=None, auth="none", **more):
    """count: connections before it exits · mode: -rev, -www or -quiet · tls: version option · field: DHE's · stdin · tickets."""
    port = stage.ports.take()
    argv = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", more.get("tls", "-tls1_2")]
    argv += ["-naccept", more.get("count", 1), more.get("mode", "-rev")]
    argv += ["-dhparam", stage.pki.field(more["field"])] if more.get("field") else ["-no_dhe"]
    argv += (certificate(stage, cert) if cert else ["-nocert"]) + limits(combination)
    argv += [] if more.get("tickets") else ["-no_ticket"]
    if auth != "none":
        argv += ["-Verify" if auth == "require" else "-verify", 3, "-verify_return_error"]
        argv += ["-CAfile", stage.pki.ca]
    process = stage.start("s_server", [word for word in [*argv, *options] if word], more.get("stdin", b""))
    process.listens(port)
    process.port = port
    return process


def client(stage, port, *options, cert=None, combination=None, **more):
    argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", more.get("tls", "-tls1_2")]
    argv += ["-CAfile", stage.pki.ca, "-verify_return_error"]
    argv += [] if more.get("tickets") else ["-no_ticket"]
    argv += [] if more.get("commands") else ["-nocommands"]
    name = more.get("sni", "server.test")
    argv += ["-servername", name, "-verify_hostname", name] if name else ["-noservername"]
    argv += certificate(stage, cert) if cert else []
    argv += limits(combination)
    words = [word for word in [*argv, *options] if word != ""]
    return stage.start("s_client", words, more.get("stdin", b""), more.get("env"))
