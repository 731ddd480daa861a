#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Extensions of the hellos by the command line: trusted_ca_keys and those of the user's own. Prints TAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cli
from cli import Server, must, pki, report, test

cli.tests.clear()


def identity(name):
    return ["--cert", pki(f"{name}.pem"), "--key", pki(f"{name}.key")]


def a_server_of(name, ca):
    """A certificate for server.example by another CA than the demonstration's."""
    cli.issue(name, ca, "/CN=server.example", "serverAuth")


@test
def a_server_with_two_chains_shows_the_one_that_is_trusted():
    """RFC 6066 6: every identifier type, by the tool on both sides"""
    a_server_of("elsewhere", "other-ca")
    roots = ["--ca", pki("ca.pem"), "--ca", pki("other-ca.pem")]
    with Server(*roots, *identity("elsewhere"), "--json", "--pre-agreed", "2") as server:
        for kind in ["name", "key", "cert", "pre-agreed"]:
            _, errors, _ = server.connect("--trusted-ca", kind, "--json", "--max", "1.2", ca="other-ca.pem")
            must(report(errors)[0]["trusted_ca"], f"{kind}: {errors}")
        for kind in ["name", "key", "cert"]:  # RFC 8446 4.2.4: by their names, and not acknowledged
            server.connect("--trusted-ca", kind, ca="other-ca.pem")
        _, errors, _ = server.connect("--trusted-ca", "key", "-v", "--max", "1.2")
        must("chain chosen by trusted_ca_keys" in errors, errors)
        _, errors, _ = server.connect("--json", ca="other-ca.pem", code=4)  # without it the first is shown
        must(report(errors)[0]["error"] == "UNKNOWN_CA", errors)


@test
def a_server_may_refuse_whom_it_cannot_please():
    with Server("--require-trusted-ca", "--json", "--count", "2") as server:
        _, errors, _ = server.connect("--trusted-ca", "cert", "--trusted-ca", "name", ca="other-ca.pem", code=1)
        must("server → client: handshake_failure (40)" in errors, errors)
        server.connect()
        code, errors = server.end()
        must(code == 1 and report(errors)[0]["error"] == "NO_TRUSTED_CHAIN" and "RFC 6066 6" in errors, errors)


@test
def extensions_of_the_users_own_are_reported_by_both_sides():
    with open(cli.a_file("body"), "wb") as f:
        f.write(b"\0\1\377")
    with Server("--extension", "65300:c0FFee", "--extension", "0xff15", "--json", "--once") as server:
        _, errors, _ = server.connect("--extension", "65300:@" + cli.a_file("body"), "--extension", "65301", "--json")
        must(report(errors)[0]["extensions"] == {"65300": "c0ffee", "65301": ""}, errors)
        _, errors = server.end()
        must(report(errors)[0]["extensions"] == {"65300": "0001ff", "65301": ""}, errors)


if __name__ == "__main__":
    sys.exit(cli.main())
