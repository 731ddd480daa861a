# SPDX-License-Identifier: MIT
"""Node's tls: interop/node/peer.js. Its stack is OpenSSL, as Node uses it."""

import os

from peers import toolchain

NAME = "Node"


def version():
    return "Node " + toolchain.first_line("node", "--version").removeprefix("v")


def prepare(folder):
    script = os.path.join(toolchain.HERE, "node", "peer.js")
    toolchain.compiled(["node", "--check", script], folder)
    return ["node", script]


PEER = toolchain.Toolchain(NAME, "nodejs", prepare, forgets_server=True, gives_again=False)
