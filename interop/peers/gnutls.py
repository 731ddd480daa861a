# SPDX-License-Identifier: MIT
"""gnutls-serv and gnutls-cli."""

import subprocess

NAME = "GnuTLS"
PACKAGE = "gnutls-bin"
TLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_TICKETS"


def version():
    told = subprocess.run(["gnutls-cli", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    return "GnuTLS " + told.split()[-1]


def priority(combination, schemes=True):
    if combination is None:
        return TLS12
    words = ["NONE", "+VERS-TLS1.2", "+COMP-NULL", "+CTYPE-ALL", "+AEAD", combination.suite.gnutls]
    words += ["+" + group.gnutls for group in combination.groups]
    words += [combination.kind.gnutls] if schemes else ["+SIGN-ALL"]
    words += ["+SIGN-ECDSA-SHA256", "%NO_TICKETS"]
    return ":".join(words)


def server(stage, *options, cert="server-p256", combination=None, auth="none", **more):
    port = stage.ports.take()
    argv = ["gnutls-serv", "--port", port, more.get("mode", "--echo")]
    argv += [] if more.get("tickets") else ["--noticket"]
    argv += ["--priority", more.get("priority") or priority(combination)]
    argv += ["--x509certfile", stage.pki.cert(cert), "--x509keyfile", stage.pki.key(cert)] if cert else []
    if auth == "none":
        argv += ["--disable-client-cert"]
    else:
        argv += [] if more.get("raw") else ["--verify-client-cert", "--x509cafile", stage.pki.ca]
        argv += ["--require-client-cert"] if auth == "require" else []
    process = stage.start("gnutls-serv", [*argv, *options])
    process.listens(port)
    process.port = port
    return process


def client(stage, port, *options, cert=None, combination=None, **more):
    argv = ["gnutls-cli", "--port", port]
    argv += [] if more.get("tickets") else ["--noticket"]
    argv += ["--priority", more.get("priority") or priority(combination)]
    argv += ["--x509cafile", stage.pki.ca, "--sni-hostname", "server.test", "--verify-hostname", "server.test"]
    if cert:
        argv += ["--x509certfile", stage.pki.cert(cert), "--x509keyfile", stage.pki.key(cert)]
    return stage.start("gnutls-cli", [*argv, *options, "127.0.0.1"], more.get("stdin", b""))
