#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Event logs are drawn again as they were, compared and judged: flow read, flow diff, --expect, --golden. Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True
from tap import ENV, PROGRAM, must, play, test  # noqa: E402


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, env=ENV, timeout=60)
    errors = done.stderr.decode()
    must(done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {errors}\n{done.stdout.decode()[:1500]}")
    return done.stdout.decode(), errors


FOLDER = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(FOLDER.name, name)


def written(name, text):
    with open(path(name), "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path(name)


def played(name, form, *more):
    label = f"{name}-{'-'.join(more)}.{form}".replace("/", "_")
    return written(label, run("flow", "self", name, f"--flow={form}", *more)[0])


def scenarios():
    names = [line.split()[0] for line in run("flow", "self", "--list")[0].splitlines()]
    return [n for n in names if subprocess.run([PROGRAM, "flow", "self", n], capture_output=True, env=ENV, timeout=60).returncode == 0]


@test
def a_log_that_is_read_is_the_log_that_was_written():
    """Every frame, every scenario: nothing is lost but what the frame does not have."""
    for name in scenarios():
        plain = run("flow", "self", name, "--flow=json")[0]
        for form in ["json", "sqlog", "qlog"]:
            again = run("flow", "read", played(name, form), "--flow=json")[0]
            must(again == plain, f"{name}, {form}: another log\n{first_difference(plain, again)}")


def first_difference(a, b):
    for one, two in zip(a.splitlines(), b.splitlines()):
        if one != two:
            return f"{one[:700]}\n{two[:700]}"
    return "one is longer"


@test
def pictures_of_a_log_are_those_of_the_handshake():
    for name in ["full", "mutual", "resume-id", "renegotiate", "status"]:
        log = played(name, "qlog")
        for form in ["ladder", "list", "compact", "mermaid"]:
            must(run("flow", "read", log, f"--flow={form}")[0] == run("flow", "self", name, f"--flow={form}")[0], f"{name} {form}")


@test
def the_same_handshake_does_not_differ():
    for name in scenarios():
        out, _ = run("flow", "diff", played(name, "json"), played(name, "sqlog"))
        must(not [line for line in out.splitlines()[2:] if line[:1] in "-+~"], f"{name}: {out}")


@test
def another_seed_differs_only_in_what_is_new_each_time():
    one, two = played("full", "json", "--seed", "1"), played("full", "json", "--seed", "2")
    run("flow", "diff", one, two)
    out, _ = run("flow", "diff", "--all", one, two, code=5)
    must("~ random:" in out and "~ signature:" in out and "~   random" not in out, out)


@test
def what_differs_is_shown_with_its_fields():
    out, _ = run("flow", "diff", played("full", "json"), played("mutual", "json"), code=5)
    must("+ server → client  CertificateRequest  clear" in out and "+ client → server  CertificateVerify  clear" in out, out)
    out, _ = run("flow", "diff", played("full", "json"), played("status", "json"), code=5)
    must("~ client → server  ClientHello" in out and "+   status_request (5)" in out, out)
    out, _ = run("flow", "diff", played("resume-id", "json"), played("resume-id-miss", "json"), code=5)
    must("- " in out and "+ server → client  ServerKeyExchange" in out, out)


def connections(*scenarios):
    """One log of several connections, as flow read and flow listen write them."""
    lines = []
    for number, name in enumerate(scenarios, 1):
        events = [json.loads(line) for line in open(played(name, "json"), encoding="utf-8")]
        events[0] = {"title": f"connection {number}", "connection": number, **events[0]}
        lines += [json.dumps(e) for e in events]
    return written("-".join(scenarios) + ".jsonl", "".join(line + "\n" for line in lines))


def marks(out):
    return [line for line in out.splitlines() if line.startswith(("-", "+", "~")) and line[:4] not in ("--- ", "+++ ")]


@test
def a_log_of_several_connections_has_them_all():
    log = connections("full", "resume-id", "mutual")
    out, _ = run("flow", "read", log, "--flow=compact")
    must([line for line in out.splitlines() if line.startswith("connection ")] == ["connection 1", "connection 2", "connection 3"], out)
    again = run("flow", "read", log, "--flow=json")[0]
    must([json.loads(a) for a in again.splitlines()] == [json.loads(a) for a in open(log, encoding="utf-8")], "another log")
    out, _ = run("flow", "read", log, "--connection", "2", "--flow=compact", "--expect", "resumed")
    must(out.startswith("connection 2\n"), out)


@test
def connections_are_compared_in_pairs_or_as_named():
    three, other = connections("full", "resume-id", "mutual"), connections("full", "resume-id-miss")
    out, _ = run("flow", "diff", three, three)
    must(not marks(out) and out.count(f"--- {three}, connection ") == 3, out)
    out, _ = run("flow", "diff", three, other, code=5)
    first, second = out.split("\n\n")
    must(not marks(first) and marks(second) and f"+++ {other}, connection 2" in second, out)
    must(f"- only in {three}, connection 3" in out, out)
    out, _ = run("flow", "diff", three, other, "--connection", "1")
    must(not marks(out), out)
    out, _ = run("flow", "diff", three, three, "--connection", "1:3", code=5)
    must("+ server → client  CertificateRequest  clear" in out and f"+++ {three}, connection 3" in out, out)
    for wrong in ["0", "1:", ":1", "x", "1:2:3", "-1", ""]:
        _, errors = run("flow", "diff", three, three, f"--connection={wrong}", code=2)
        must("takes N, or N:M" in errors, errors)
    _, errors = run("flow", "diff", three, other, "--connection", "3", code=6)
    must("has no TLS connection 3" in errors, errors)


@test
def what_cannot_be_read_is_refused_with_why():
    for text, why in [("", ""), ("hello\n", "neither a capture"), ('{"event":"step"', "neither a capture"),
                      ('{"event":"nonsense"}\n', "neither a capture"), ("[" * 5000, "neither a capture")]:
        _, errors = run("flow", "read", written("broken", text), code=6)
        must(why in errors, f"{text[:40]}: {errors}")
    run("flow", "diff", path("there is none"), path("broken"), code=6)
    good = played("full", "json")
    for cut in range(0, 4000, 37):
        with open(good, encoding="utf-8") as f:
            log = f.read()[:cut]
        done = subprocess.run([PROGRAM, "flow", "read", written("cut", log)], capture_output=True, env=ENV, timeout=60)
        must(done.returncode in (0, 6), f"cut at {cut}: exit {done.returncode}")


@test
def expectations_are_judged():
    well = ["complete", "ServerHello", "not:CertificateRequest", "ServerHello/version=TLS 1.2", "ServerHello/version=771",
            "ClientHello/server_name/host_name=server.example", "ClientHello/extensions/server_name", "verify_data",
            "certificate chain", "not:resumed", "not:ClientHello/cookie", "Finished/verify_data", "choose_host"]
    run("flow", "self", "full", *[a for w in well for a in ("--expect", w)])
    for wrong, why in [("resumed", "there is none"), ("CertificateRequest", "there is none"), ("not:ServerHello", "it is there"),
                       ("ServerHello/version=TLS 1.3", "it is TLS 1.2"), ("ClientHello/cookie", "there is none"),
                       ("ClientHello/host_name/server_name", "there is none")]:
        _, errors = run("flow", "self", "full", "--expect", wrong, code=5)
        must(f"--expect {wrong}: " in errors and why in errors, errors)
    run("flow", "self", "resume-id", "--expect", "resumed", "--expect", "not:Certificate")
    run("flow", "read", played("mutual", "json"), "--expect", "CertificateVerify")
    run("flow", "read", played("mutual", "json"), "--expect", "not:CertificateVerify", code=5)


@test
def goldens_are_judged():
    golden = played("full", "ladder")
    run("flow", "self", "full", "--golden", golden)
    _, errors = run("flow", "self", "full", "--seed", "2", "--golden", golden, code=5)
    must("--golden: line 1 of" in errors and "seed 2" in errors, errors)
    run("flow", "self", "full", "--golden", path("there is none"), code=6)
    run("flow", "spec", "full", "--golden", golden, code=5)


@test
def a_log_is_json_a_line():
    with open(played("mutual", "json"), encoding="utf-8") as f:
        must(all(json.loads(line) for line in f), "no JSON")


if __name__ == "__main__":
    code = play()
    FOLDER.cleanup()
    sys.exit(code)
