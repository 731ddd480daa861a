#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Early data (RFC 8446 2.3, 8; RFC 8470) by the command line: connect --early-data, serve --early-data. Prints TAP."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cli
import observe
from cli import Server, must, report, run, test
from observe import Tap

cli.tests.clear()
TLS13 = ["--min", "1.3", "--max", "1.3"]
GET = b"GET / HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n"


def a_file(name, content):
    with open(cli.a_file(name), "wb") as f:
        f.write(content)
    return cli.a_file(name)


def a_session(server, *options):
    """A saved session whose ticket allows early data, if any of this server's does."""
    saved = cli.a_file(f"session-{len(os.listdir(cli.FOLDER))}")
    server.connect(*TLS13, "--session-out", saved, *options)
    return saved


def early(server, saved, content, *options, stdin=b"", code=0):
    return server.connect(*TLS13, "--session-in", saved, "--early-data", a_file("early", content), "--json", *options, stdin=stdin, code=code)


@test
def what_came_early_is_answered_and_the_rest_follows():
    with Server(*TLS13, "--early-data", "1000", "--json", "--count", "4") as server:
        out, errors, _ = early(server, a_session(server), b"early ", stdin=b"and late")
        must(out == b"early and late" and "early data: taken, 6 of 6 bytes" in errors, (out, errors))
        told = report(errors)[0]
        must((told["early_data"], told["early_out"], told["early_in"], told["bytes_out"]) == ("accepted", 6, 0, 8), told)
        out, errors, _ = early(server, a_session(server), b"x" * 70000, stdin=b"end")  # RFC 8446 4.2.10: max_early_data_size
        must(out == b"x" * 70000 + b"end" and "taken, 1000 of 70000 bytes; the rest goes behind" in errors, errors)
        _, errors = server.end()
        must([(r["early_data"], r["early_in"]) for r in report(errors)] ==
             [("not_offered", 0), ("accepted", 6), ("not_offered", 0), ("accepted", 1000)], errors)


@test
def a_resumed_connection_of_the_same_process():
    with Server(*TLS13, "--early-data", "1000") as server:
        out, errors, _ = server.connect(*TLS13, "--resume=2", "--early-data", a_file("early", b"hello"), "-v")
        must(out == b"hello" and "early data taken (5 bytes)" in errors and errors.count("early data:") == 1, (out, errors))


@test
def where_it_is_not_allowed_nothing_is_lost():
    with Server(*TLS13) as server:
        out, errors, _ = early(server, a_session(server), b"early ", stdin=b"and late")
        must(out == b"early and late" and "for want of a ticket that allows it" in errors, (out, errors))
        must(report(errors)[0]["early_data"] == "not_offered", errors)
    with Server(*TLS13, "--early-data", "1000", "--json", "--count", "3") as server:
        saved = a_session(server)
        copy = shutil.copy(saved, saved + ".copy")
        must(early(server, saved, b"once")[0] == b"once", "the first")
        out, errors, _ = early(server, copy, b"twice")  # RFC 8446 8.1: a copy of the ticket
        must(out == b"twice" and "not taken, 0 of 5 bytes" in errors and report(errors)[0]["early_data"] == "rejected", (out, errors))
        _, errors = server.end()
        must([r["early_data"] for r in report(errors)] == ["not_offered", "accepted", "not_resumed"], errors)


@test
def another_group_is_needed():
    """RFC 8446 4.2.10: not behind HelloRetryRequest"""
    with Server(*TLS13, "--early-data", "1000", "--groups", "secp384r1", "--json", "--count", "2") as server:
        groups = ["--groups", "x25519:secp384r1"]
        out, errors, _ = early(server, a_session(server, *groups), b"early", *groups)
        must(out == b"early" and report(errors)[0]["early_data"] == "rejected", (out, errors))
        _, errors = server.end()
        must(report(errors)[1]["early_data"] == "retried" and report(errors)[1]["resumed"], errors)


@test
def http_answers_at_once_what_does_no_harm():
    """RFC 8470 5.2: 425"""
    with Server(*TLS13, "--http", "--early-data", "4096", "--renegotiation", "when-we-ask") as server:
        out, _, _ = early(server, a_session(server), GET)
        must(out.startswith(b"HTTP/1.1 200 OK") and b"asked for in early data" in out, out[:200])
        out, _, _ = early(server, a_session(server), GET[:20], stdin=GET[20:])
        must(out.startswith(b"HTTP/1.1 200 OK"), out[:200])
        post = GET.replace(b"GET /", b"POST /renegotiate")
        for content, rest in ((post, b""), (post[:9], post[9:])):
            out, _, _ = early(server, a_session(server), content, stdin=rest)
            must(out.startswith(b"HTTP/1.1 425 Too Early"), out[:200])
        out, _, _ = server.connect(*TLS13, stdin=post.replace(b"Host", b"Early-Data: 1\r\nHost"))  # RFC 8470 5.1
        must(out.startswith(b"HTTP/1.1 425 Too Early"), out[:200])
        out, _, _ = server.connect(*TLS13, stdin=post)
        must(out.startswith(b"HTTP/1.1 200 OK"), out[:200])


@test
def options_that_do_not_go_together():
    identity = ["--cert", cli.pki("server.pem"), "--key", cli.pki("server.key")]
    for options, wanted in (
        (["--early-data", "100", "--tickets"], "RFC 8446 8.1"),
        (["--early-data", "100", "--forward", "127.0.0.1:9"], "RFC 8470"),
        (["--early-data", "100", "--early-data-age", "0"], "1 to 3600"),
        (["--early-data", "much"], "a number"),
    ):
        errors = run("serve", "127.0.0.1:0", *identity, *options, code=2)[1]
        must(wanted in errors, errors)
    errors = run("connect", "127.0.0.1:9", "--early-data", "/nonexistent", code=2)[1]
    must("/nonexistent" in errors and "cannot be read" in errors, errors)


@test
def from_outside_it_is_seen_with_the_key_log_and_hidden_without():
    """RFC 9850: CLIENT_EARLY_TRAFFIC_SECRET"""
    for known in (True, False):
        keys = os.path.join(observe.folder(), "keys")
        open(keys, "w", encoding="ascii").close()
        with Server(*TLS13, "--early-data", "1000") as server:
            tap = Tap(server.port, "--count", "2", "--flow=ladder", *(["--keylog", keys, "--require-decrypt"] if known else []))
            out, _, _ = run("connect", f"127.0.0.1:{tap.port}", "--sni", "server.example", "--ca", cli.pki("ca.pem"), *TLS13, "--keylog", keys,
                            "--resume", "--early-data", a_file("early", b"early"))
            must(out == b"early", out)
            shown, errors = tap.finish(0)
        must(("(data)" in shown) == known, shown + errors)
        must(("(EndOfEarlyData)" in shown) == known, shown)
        labels = {line.split()[0] for line in open(keys, encoding="ascii")}
        must({"CLIENT_EARLY_TRAFFIC_SECRET", "EARLY_EXPORTER_SECRET"} <= labels, labels)


@test
def flow_self_draws_what_is_taken_and_what_is_not():
    taken = run("flow", "self", "tls13-0rtt")[0].decode()
    must(re.search(r"\(data\).*ServerHello.*\[data\].*\(EndOfEarlyData\)", taken, re.S), taken)
    refused = run("flow", "self", "tls13-0rtt-rejected")[0].decode()
    must("EndOfEarlyData" not in refused and re.search(r"\(data\).*handshake complete.*\[data\]", refused, re.S), refused)
    told = run("flow", "self", "tls13-0rtt-rejected", "--flow=list")[0].decode()
    must("The server checks early data: it does not hold, not taken" in told and "RFC 8446 8.3" in told, told)


if __name__ == "__main__":
    sys.exit(cli.main())
