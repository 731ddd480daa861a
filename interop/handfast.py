# SPDX-License-Identifier: MIT
"""The program under test, `handfast connect` and `handfast serve`, and what its reports must say."""

import json
import re

from processes import Mismatch

OK, TLS_FAILED, USAGE, NETWORK, PEER_REFUSED = 0, 1, 2, 3, 4
TIMEOUT = 10
LISTENING = re.compile(rb"listening on \S*?:(\d+)")


def reports(process):
    """The JSON lines on stderr, one per connection; a server's in the order in which they were accepted."""
    found = []
    for line in process.stderr.splitlines():
        if line.lstrip().startswith(b"{"):
            try:
                report = json.loads(line)
            except ValueError:
                continue
            if "version" in report or "error" in report:
                found.append(report)
    return sorted(found, key=lambda report: report.get("connection", 0))


DEFAULT = "--policy=default"  # says that a case is about what the policy speaks by itself


def versions(options):
    """Most cases are about one version, and say so; those that do not are about TLS 1.2."""
    return [] if any(option in ("--min", "--max", DEFAULT) for option in options) else ["--max", "1.2"]


class Connect:
    """One `handfast connect`; argv is complete when it starts. It offers session_ticket as users' do, but where sessions are
    kept and the case is not about tickets: there it resumes by ID."""

    def __init__(self, stage, port, *options, stdin=b"", sni="server.test", timeout=TIMEOUT, ca=None, tickets=False):
        self.stage = stage
        argv = [stage.program, "connect", f"127.0.0.1:{port}", "--json", "--timeout", timeout]
        argv += ["--ca", ca or stage.pki.ca]
        argv += ["--sni", sni] if sni else []
        resumes = any(str(option).startswith(("--resume", "--session-")) for option in options)
        argv += ["--no-tickets"] if resumes and not tickets else []
        self.process = stage.start("connect", [*argv, *versions(options), *options], stdin)

    def ask(self, request, wanted):
        """Send a request (stdin="pipe"), read until the wanted bytes came, then end stdin."""
        self.process.write(request)
        self.process.until(lambda: wanted in self.process.stdout, f"answer with {wanted!r}")
        self.process.close_stdin()

    def finish(self, expected=OK, timeout=15.0):
        code = self.process.wait(timeout)
        if expected is not None and code != expected:
            raise Mismatch(f"handfast connect: expected exit {expected}, seen {code}")
        return reports(self.process)


class Serve:
    """One `handfast serve` on a port of its choosing; `count` connections, then it exits."""

    def __init__(self, stage, *options, certs=("server-p256",), auth="none", mode="--echo", **more):
        self.stage, self.count = stage, more.get("count", 1)
        argv = [stage.program, "serve", "127.0.0.1:0", "--json", "--timeout", more.get("timeout", TIMEOUT)]
        for name in certs:
            argv += ["--cert", stage.pki.cert(name), "--key", stage.pki.key(name)]
        argv += ["--client-auth", auth, mode]
        argv += ["--ca", stage.pki.ca] if auth != "none" else []
        argv += ["--count", self.count] if self.count else []
        self.process = stage.start("serve", [*argv, *versions(options), *options])
        found = self.process.until(
            lambda: LISTENING.search(self.process.stderr), "the line `listening on 127.0.0.1:PORT`"
        )
        self.port = int(found.group(1))

    def finish(self, expected=OK, timeout=15.0):
        """Wait for its own end after `count` connections."""
        code = self.process.wait(timeout)
        if expected is not None and code != expected:
            raise Mismatch(f"handfast serve: expected exit {expected}, seen {code}")
        return reports(self.process)


def exact(combination, server=False):
    """Options that leave one suite, one group and one signature scheme to agree on.

    A client must also offer the curves of the certificates (RFC 8422 5.1.1). A server with only the group
    leaves the client's order no say; with client certificates their curves are listed too.
    """
    groups = [combination.group] if server else combination.groups
    return [
        "--suites", combination.suite.iana,
        "--groups", ",".join(group.iana for group in groups),
        "--sigalgs", ",".join(combination.schemes),
    ]  # fmt: skip


def identity(stage, name):
    return ["--cert", stage.pki.cert(name), "--key", stage.pki.key(name)]


def must(what, seen, expected):
    if seen != expected:
        raise Mismatch(f"{what}: expected {expected!r}, seen {seen!r}")


def must_say(what, text, *wanted):
    """Text of a peer (str) must hold every wanted piece."""
    for piece in wanted:
        if piece not in text:
            raise Mismatch(f"{what} does not say {piece!r}")


def agreed(report, combination=None, version="TLS 1.2", **wanted):
    """A report of a connection that worked: what was negotiated, as handfast saw it."""
    if "error" in report and report["error"]:
        raise Mismatch(f"handfast reports the error {report['error']!r}")
    must("version", report.get("version"), version)
    if combination:
        must("suite", report.get("suite"), combination.suite.iana)
        if not report.get("resumed"):
            must("group", report.get("group"), combination.group_seen)
            must("server's signature scheme", report.get("server_scheme"), combination.scheme_seen)
    for key, value in wanted.items():
        must(key, report.get(key), value)


def one(found, what="connection"):
    must(f"number of reports, one per {what}", len(found), 1)
    return found[0]


def in_turn(found, *resumed, by="ID"):
    """The reports of connections made one after the other: which were resumed, by ID or by ticket (RFC 5077)."""
    must("resumed, connection by connection", [report.get("resumed") for report in found], list(resumed))
    for report in found:
        resumed_by(report, by)
    return found


def resumed_by(report, by):
    if report.get("resumed"):
        must("resumed by", "ticket" if report.get("session_ticket") else "ID", by)
