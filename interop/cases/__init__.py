# SPDX-License-Identifier: MIT
"""What is played. Each module has cases(): the list of Case it contributes."""

import importlib
from dataclasses import dataclass
from typing import Callable


@dataclass
class Case:
    peer: str  # a row of the matrix
    role: str  # handfast's role: "client" or "server"
    feature: str  # a column of the matrix
    what: str
    play: Callable  # play(stage): raises Mismatch

    @property
    def name(self):
        return f"{self.peer}, handfast as {self.role}, {self.feature}: {self.what}"


LINE = b"a line of payload\n"


def talk(client):
    """A line through the echo and back, then a clean end."""
    client.write(LINE)
    client.says(LINE.decode())
    client.close_stdin()
    client.wait()


MODULES = ("handshakes", "tls13", "suites", "strength", "stacks", "web", "web13", "payload", "extensions", "hello", "status", "records", "resumption", "tickets", "toolchains", "toolchains13", "external_psk", "psk_ke", "retry_cookie", "early_data", "nss13", "python13", "renegotiation", "post_handshake", "certificate_compression", "raw_keys", "extensions13", "refusals_connect", "refusals_serve", "supplemental", "observer")


def all_cases():
    return [case for name in MODULES for case in importlib.import_module(f"cases.{name}").cases()]
