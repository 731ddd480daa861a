#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The event log is what its JSON Schema says: every golden, and what the tool writes now, in all of its frames. Prints TAP."""
import base64
import copy
import glob
import json
import os
import re
import subprocess
import sys

import jsonschema

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True
from tap import ENV, PROGRAM, Wrong, must, play, test  # noqa: E402

SCHEMA = json.load(open(os.path.join(TOP, "docs", "flow-events.schema.json"), encoding="utf-8"))


def validator(name):
    schema = dict(SCHEMA, **{"$ref": f"#/$defs/{name}"})
    return jsonschema.Draft202012Validator(schema)


EVENT, HEAD, FRAME, DOCUMENT = (validator(name) for name in ("event", "sqlogHead", "sqlogEvent", "qlog"))


def fits(schema, thing, what):
    for error in schema.iter_errors(thing):
        raise Wrong(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, env=ENV, timeout=60)
    must(done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def scenarios():
    """Those that can be played."""
    names = [line.split()[0] for line in run("flow", "self", "--list").splitlines()]
    return [n for n in names if subprocess.run([PROGRAM, "flow", "self", n], capture_output=True, env=ENV, timeout=60).returncode == 0]


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@test
def the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@test
def every_golden_fits_the_schema():
    goldens = sorted(glob.glob(os.path.join(TOP, "tests", "golden", "*.json")))
    must(len(goldens) > 30, goldens)
    for path in goldens:
        for i, event in enumerate(lines(open(path, encoding="utf-8").read())):
            fits(EVENT, event, f"{os.path.basename(path)} line {i + 1}")


@test
def the_frames_of_qlog_fit_and_hold_the_same_events():
    for name in scenarios():
        plain = lines(run("flow", "self", name, "--flow=json"))
        records = run("flow", "self", name, "--flow=sqlog").split("\x1e")
        must(records[0] == "" and all(r.endswith("\n") for r in records[1:]), f"{name}: no JSON text sequence")
        records = [json.loads(r) for r in records[1:]]
        fits(HEAD, records[0], f"{name}: sqlog head")
        for record in records[1:]:
            fits(FRAME, record, f"{name}: sqlog")
        must([r["data"] for r in records[1:]] == plain, f"{name}: sqlog has other events")
        document = json.loads(run("flow", "self", name, "--flow=qlog"))
        fits(DOCUMENT, document, f"{name}: qlog")
        must([e["data"] for e in document["traces"][0]["events"]] == plain, f"{name}: qlog has other events")
        must(run("flow", "self", name, "--flow=jsonl") == run("flow", "self", name, "--flow=json"), f"{name}: jsonl")


@test
def a_schema_that_lets_anything_pass_would_be_noticed():
    good = lines(run("flow", "self", "full", "--flow=json"))[0]
    fits(EVENT, good, "the first event")
    for change in [{"event": "nonsense"}, {"by": "nobody"}, {"secret": "00"}, {"another": 1}, {"size": -1}, {"local": "yes"}]:
        must(not EVENT.is_valid(dict(good, **change)), f"{change} passes")
    broken = copy.deepcopy(good)
    del broken["fields"][0]["at"]
    must(not EVENT.is_valid(broken), "a field without its place passes")


@test
def secrets_are_told_on_demand_only():
    """With --secrets show, what key log lines hold; without, nowhere, in any format, as hexadecimal, base64 or the bytes themselves."""
    for name, wanted in [("mutual", 12), ("renegotiate", 24), ("resume-ticket", 8), ("tls13", 18), ("tls13-mutual", 18), ("tls13-ticket", 18), ("tls13-key-update", 22)]:
        shown = lines(run("flow", "self", name, "--flow=json", "--secrets", "show"))
        values = [e["secret"] for e in shown if e["event"] == "secret"]
        digits = {64} if name.startswith("tls13") else {96, 64, 32, 8} if name != "resume-ticket" else {32, 8}
        must(len(values) == wanted and {len(v) for v in values} == digits, f"{name}: {values}")
        long = {v for v in values if len(v) >= 16}
        for form in ["ladder", "compact", "list", "tree", "markdown", "html", "svg", "mermaid", "explain", "json", "sqlog", "qlog"]:
            out = run("flow", "self", name, f"--flow={form}")
            for v in long:
                value = bytes.fromhex(v)
                told = v in out.lower() or base64.b64encode(value).decode()[:-3] in out or value.decode("latin-1") in out or " ".join(f"{b:02x}" for b in value) in out
                must(not told, f"{name}: {form} shows a secret")
        must(all(v in run("flow", "self", name, "--flow=tree", "--secrets", "show") for v in long), f"{name}: tree lacks them")


@test
def who_the_client_is_is_told_on_demand_only():
    def leaves(fields):
        for field in fields:
            yield field
            yield from leaves(field.get("fields", []))

    def of(*more):
        return [f for e in lines(run("flow", "self", "user-mapping", "--flow=json", *more)) for f in leaves(e.get("fields", []))]
    hidden = [f for f in of() if "hidden" in f]
    must({f["name"] for f in hidden} >= {"user_principal_name", "ASN.1Cert"}, hidden)
    must(not any("hex" in f or "text" in f for f in hidden), hidden)
    shown = of("--personal", "show")
    must(any(f.get("text") == "alice@server.example" for f in shown), "not shown")
    must(not any(f.get("hidden") == "personal" for f in shown), "still hidden")
    tickets = [f for e in lines(run("flow", "self", "resume-ticket", "--flow=json", "--secrets", "show"))
               for f in leaves(e.get("fields", [])) if f["name"] == "ticket"]
    must(tickets and all(re.fullmatch("[0-9a-f]+", f["hex"]) for f in tickets), tickets)


if __name__ == "__main__":
    sys.exit(play())
