# SPDX-License-Identifier: MIT
"""mbed TLS 2.28, the one packaged stack that still has static ECDH: interop/mbed plays it from its shared library."""

import os
import subprocess

NAME = "mbed TLS"
PACKAGE = "libmbedtls14"
PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "mbed")


def version():
    told = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", PACKAGE], capture_output=True, text=True)
    return "mbed TLS " + told.stdout.split("-")[0]


def numbers(suites):
    return ",".join(suite.nss for suite in suites)


def server(stage, cert, suites, count, *options):
    port = stage.ports.take()
    argv = [PROGRAM, "server", port, stage.pki.cert(cert), stage.pki.key(cert), numbers(suites), count]
    process = stage.start("mbed-server", [*argv, *options])
    process.listens(port)
    process.port = port
    return process


def client(stage, port, suites, *options):
    return stage.start("mbed-client", [PROGRAM, "client", port, stage.pki.ca, numbers(suites), *options])
