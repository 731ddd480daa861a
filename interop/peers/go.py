# SPDX-License-Identifier: MIT
"""Go's crypto/tls: interop/go/peer.go, compiled with the standard library alone."""

import os

from peers import toolchain

NAME = "Go"


def version():
    return "Go " + toolchain.first_line("go", "version").split()[2].removeprefix("go")


def prepare(folder):
    program = os.path.join(folder, "go-peer")
    toolchain.compiled(
        ["go", "build", "-o", program, os.path.join(toolchain.HERE, "go", "peer.go")], folder,
        GO111MODULE="off", GOCACHE=os.path.join(folder, "cache"), GOFLAGS="", GOTOOLCHAIN="local", CGO_ENABLED="0",
    )  # fmt: skip
    return [program]


PEER = toolchain.Toolchain(NAME, "golang-go", prepare)
