# SPDX-License-Identifier: MIT
"""OpenJDK's JSSE: interop/java/Peer.java."""

import os

from peers import toolchain

NAME = "JSSE"


def version():
    return "JSSE, " + " ".join(toolchain.first_line("java", "--version").split()[:2])


def prepare(folder):
    toolchain.compiled(["javac", "-Xlint:all", "-Werror", "-d", folder, os.path.join(toolchain.HERE, "java", "Peer.java")], folder)
    # one compiler thread and no second tier: it lives for a second
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", folder, "Peer"]


PEER = toolchain.Toolchain(NAME, "default-jdk-headless", prepare)
