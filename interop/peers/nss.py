# SPDX-License-Identifier: MIT
"""NSS: selfserv, tstclnt, strsclnt, over the database pki.py made. No X448, no Ed25519.

selfserv takes a group only if it is at least as strong as the certificate's key, and picks the scheme itself.
"""

import subprocess

from processes import Mismatch

NAME = "NSS"
PACKAGE = "libnss3-tools"
STRENGTH = {"x25519": 256, "secp256r1": 256, "secp384r1": 384, "secp521r1": 521}


def version():
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "libnss3-tools"], capture_output=True, text=True
    ).stdout
    return "NSS " + told.split(":")[-1].split("-")[0]


def knows(combination):
    return combination.group.nss and combination.kind.name != "ed25519"


def serves(combination):
    needed = STRENGTH.get(combination.kind.curve, 0)
    return knows(combination) and STRENGTH[combination.group.iana] >= needed


def database(stage):
    if stage.pki.nss is None:
        raise Mismatch("certutil or pk12util is missing (package libnss3-tools)")
    return ["-d", stage.pki.nss]


def groups(combination):
    return ",".join(group.nss for group in combination.groups)


def server(stage, *options, cert="server-p256", combination=None, auth="none"):
    port = stage.ports.take()
    argv = ["selfserv", *database(stage), "-p", port, "-V", "tls1.2:tls1.2", "-G", "-D", "-v"]
    argv += ["-n", cert] if cert.endswith("rsa") else ["-n", "server-rsa", "-e", cert]
    argv += {"none": [], "request": ["-r"], "require": ["-r", "-r"]}[auth]
    if combination:
        argv += ["-c", ":" + combination.suite.nss, "-I", groups(combination), "-J", ",".join(combination.schemes)]
    process = stage.start("selfserv", [*argv, *options])
    process.listens(port)
    process.port = port
    return process


def client(stage, port, *options, cert=None, combination=None, stdin=b""):
    """Ends when the server closes; it closes TCP without close_notify when it closes first."""
    argv = ["tstclnt", *database(stage), "-h", "127.0.0.1", "-a", "server.test", "-p", port]
    argv += ["-V", "tls1.2:tls1.2", "-G"]
    argv += ["-n", cert] if cert else []
    if combination:
        argv += ["-c", ":" + combination.suite.nss, "-I", groups(combination), "-J", ",".join(combination.schemes)]
    return stage.start("tstclnt", [*argv, *options], stdin)


def many(stage, port, *options, connections=50, full_percent=20, cert=None, suite="C02B"):
    """strsclnt: -P is the share of *full* handshakes."""
    argv = ["strsclnt", *database(stage), "-p", port, "-c", connections, "-P", full_percent, "-q"]
    argv += ["-V", "tls1.2:tls1.2", "-a", "server.test", "-C", ":" + suite, "-4"]
    argv += ["-n", cert] if cert else []
    return stage.start("strsclnt", [*argv, *options, "localhost"])
