# SPDX-License-Identifier: MIT
"""One module per peer: how its programs are started. version() is what the matrix shows."""

import importlib

MODULES = ("openssl", "gnutls", "nss", "botan", "mbedtls", "wolfssl", "web", "python", "go", "jsse", "node", "rustls")


def versions():
    """Peer name → name with version; a program that is missing is named without one."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(f"peers.{name}")
        try:
            found.update(module.versions() if hasattr(module, "versions") else {module.NAME: module.version()})
        except (OSError, IndexError):
            found[name] = f"{name} (not installed)"
    return found
