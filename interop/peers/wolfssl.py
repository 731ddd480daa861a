# SPDX-License-Identifier: MIT
"""wolfSSL 5.5, the one packaged stack that has trusted_ca_keys: interop/wolf plays it from its shared library."""

import os
import subprocess

NAME = "wolfSSL"
PACKAGE = "libwolfssl35"
PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "wolf")


def version():
    told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", PACKAGE], capture_output=True, text=True)
    return "wolfSSL " + told.stdout.split("-")[0]


def server(stage, cert, kind, identifier):
    port = stage.ports.take()
    argv = [PROGRAM, "server", port, stage.pki.cert(cert), stage.pki.key(cert), kind, identifier]
    process = stage.start("wolf-server", argv)
    process.listens(port)
    process.port = port
    return process


def client(stage, port, ca, kind, identifier):
    return stage.start("wolf-client", [PROGRAM, "client", port, ca, kind, identifier])
