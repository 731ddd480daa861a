#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line as its manual says: usage errors, help, exit codes, pictures, and real connections. Prints TAP.

cli.py --update writes tests/golden anew (look at the difference before it is committed).
"""
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))
sys.dont_write_bytecode = True
import certificates  # noqa: E402
import manual  # noqa: E402
from tap import ENV, PROGRAM, must, play, test, tests  # noqa: E402

GOLDEN = os.path.join(TOP, "tests", "golden")
PATIENCE = 30  # seconds: everything here takes well under one


def run(*arguments, stdin=b"", env=None, code=0):
    done = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, env=env or ENV, timeout=PATIENCE)
    errors = done.stderr.decode("utf-8", "replace")
    if code is not None:
        must(done.returncode == code, f"{arguments}: expected exit {code}, seen {done.returncode}\n{errors}")
    return done.stdout, errors, done.returncode


class Server:
    """handfast serve on a port of its choosing."""

    def __init__(self, *options, cert="server", command=("serve",)):
        identity = ["--cert", pki(f"{cert}.pem"), "--key", pki(f"{cert}.key")] if cert else []
        arguments = [PROGRAM, *command, "127.0.0.1:0", *identity, *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        self.errors, self.out = [], []
        self.listening = threading.Event()
        self.readers = [threading.Thread(target=self.read_errors), threading.Thread(target=self.read_out)]
        for reader in self.readers:
            reader.start()
        must(self.listening.wait(PATIENCE), "the server does not listen")
        must(hasattr(self, "port"), f"the server ended: {self.errors}")

    def read_errors(self):
        for line in self.process.stderr:
            line = line.decode("utf-8", "replace")
            self.errors.append(line)
            found = re.search(r"listening on .*:(\d+)$", line)
            if found:
                self.port = int(found.group(1))
                self.listening.set()
        self.listening.set()

    def read_out(self):
        self.out.append(self.process.stdout.read().decode("utf-8", "replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    def end(self):
        """Waits for its end; (exit code, what it said)."""
        code = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join(PATIENCE)
        return code, "".join(self.errors)

    def connect(self, *options, stdin=b"", code=0, name="server.example", ca="ca.pem"):
        return run("connect", f"127.0.0.1:{self.port}", "--ca", pki(ca), "--sni", name, *options, stdin=stdin, code=code)

    def ask(self, *options, request):
        """A client whose input stays open until the server has closed: behind its own close_notify no handshake can follow."""
        arguments = [PROGRAM, "connect", f"127.0.0.1:{self.port}", "--ca", pki("ca.pem"), "--sni", "server.example", *options]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV) as client:
            client.stdin.write(request)
            client.stdin.flush()
            out = client.stdout.read()
            client.stdin.close()
            errors = client.stderr.read().decode("utf-8", "replace")
            must(client.wait(PATIENCE) == 0, f"{arguments}: exit {client.returncode}\n{errors}")
        return out, errors


def pki(name):
    return os.path.join(FOLDER, "pki", name)


def a_file(name):
    return os.path.join(FOLDER, name)


def report(errors):
    return [json.loads(line) for line in errors.splitlines() if line.startswith("{")]


# ---- usage ----

USAGE = [
    (["nonsense"], "unknown command 'nonsense'"),
    (["conect", "a:1"], "did you mean 'connect'?"),
    (["flow"], "'flow' needs to know what"),
    (["flow", "spek", "full"], "did you mean 'flow spec'?"),
    (["connect"], "'connect' needs HOST:PORT"),
    (["connect", "a:1", "b:2"], "'b:2' is one argument too many"),
    (["connect", "localhost"], "it must be HOST:PORT or unix:PATH"),
    (["connect", "localhost:http"], "the port must be a number"),
    (["connect", "localhost:65536"], "the port must be a number"),
    (["connect", "::1:443"], "an IPv6 address is written [ADDRESS]:PORT"),
    (["connect", ":443"], "the host is missing"),
    (["connect", "unix:"], "unix: needs a path"),
    (["connect", "unix:/tmp/x"], "give --sni NAME"),
    (["connect", "a:1", "--verbos"], "did you mean --verbose?"),
    (["connect", "a:1", "--insecur"], "did you mean --insecure?"),
    (["connect", "a:1", "--timeout"], "--timeout needs a value"),
    (["connect", "a:1", "--timeout", "soon"], "--timeout takes whole seconds, not 'soon'"),
    (["connect", "a:1", "--timeout=-1"], "--timeout takes whole seconds"),
    (["connect", "a:1", "--sni", "x", "--sni", "y"], "--sni is given twice"),
    (["connect", "a:1", "--json=yes"], "--json takes no value"),
    (["connect", "a:1", "-x"], "unknown option '-x'"),
    (["connect", "a:1", "--echo"], "unknown option '--echo'"),
    (["connect", "a:1", "--request-client-cert"], "unknown option '--request-client-cert'"),
    (["connect", "a:1", "--insecure", "--renegotiation", "always"], "--renegotiation takes never, when-we-ask or accept, not 'always'"),
    (["connect", "a:1", "--insecure", "--renegotiation", "never", "--renegotiate"], "--renegotiation never excludes"),
    (["connect", "a:1", "--insecure", "--update-keys=theirs"], "--update-keys takes ours or nothing (both directions), not 'theirs'"),
    (["connect", "a:1", "--no-such-option"], "unknown option '--no-such-option'"),
    (["connect", "a:1", "--supplemental", "f"], "--supplemental takes TYPE:FILE"),
    (["connect", "a:1", "--supplemental", "70000:f"], "numbers up to 65535"),
    (["connect", "a:1", "--supplemental", "5:f"], "have an extension without being told"),
    (["connect", "a:1", "--supplemental", "65400@0:/dev/null"], "handfast speaks itself"),
    (["connect", "a:1", "--supplemental", "65400:/nonexistent"], "the file cannot be read"),
    (["connect", "a:1", "--user-mapping", "alice"], "upn:USER@DOMAIN"),
    (["connect", "a:1", "--user-mapping", "upn:alice"], "neither user@domain nor a domain name"),
    (["connect", "a:1", "--supplemental", "65400", "--double-handshake", "--unsafe-supplemental-in-clear"], "exclude one another"),
    (["connect", "a:1", "--unsafe-supplemental-in-clear"], "goes with --supplemental or --user-mapping"),
    (["connect", "a:1", "--session-store", "redis://x"], "unknown option '--session-store'"),
    (["connect", "a:1", "--policy", "modern"], "there is no policy 'modern'"),
    (["connect", "a:1", "--policy", "compact"], "did you mean compat?"),
    (["connect", "a:1", "--policy", "all-2026-11", "--suites", "NULL-SHA"], "known but not served"),
    (["serve", "0", "--policy", "2026-10"], "did you mean 2026-11?"),
    (["serve", "0", "--policy", "default"], "a server needs an identity"),
    (["flow", "self", "full", "--policy", "modern"], "there is no policy 'modern'"),
    (["flow", "spec", "full", "--policy", "compat"], "unknown option '--policy'"),
    (["policy", "modern"], "there is no policy 'modern'"),
    (["connect", "a:1", "--flow=laddder"], "did you mean ladder?"),
    (["connect", "a:1", "--flow=pdf"], "there is no such format"),
    (["connect", "a:1", "--flow", "--width", "39"], "--width takes 40 to 200"),
    (["connect", "a:1", "--suites", "TLS_NO_SUCH"], "TLS_NO_SUCH"),
    (["connect", "a:1", "--groups", "p-999"], "p-999"),
    (["connect", "a:1", "--sigalgs", "md5"], "md5"),
    (["connect", "a:1", "--max", "1.1"], "--max takes 1.2 or 1.3, not '1.1'"),
    (["connect", "a:1", "--min", "1.3", "--max", "1.2"], "--min 1.3 is above --max 1.2"),
    (["connect", "a:1", "--min", "one"], "--min takes 1.2 or 1.3, not 'one'"),
    (["connect", "a:1", "--ca", "/no/such/file"], "/no/such/file"),
    (["connect", "a:1", "--cert", "/no/such/file"], "/no/such/file"),
    (["connect", "a:1", "--cert", "a", "--key", "b", "--key", "c"], "they belong together in pairs"),
    (["connect", "a:1", "--session-in", "/no/such/file"], "/no/such/file"),
    (["connect", "a:1", "--keep-tickets", "many"], "--keep-tickets"),
    (["connect", "a:1", "--keylog", "/no/such/folder/f"], "cannot be written"),
    (["connect", "a:1", "--export", "label"], "--export takes LABEL:LEN"),
    (["connect", "a:1", "--export", "label:0"], "--export takes LABEL:LEN"),
    (["serve"], "'serve' needs [ADDR:]PORT"),
    (["serve", "0"], "a server needs --cert FILE --key FILE"),
    (["serve", "0", "--client-auth", "require"], "needs --ca"),
    (["serve", "0", "--policy", "default", "--request-client-cert"], "--request-client-cert needs --ca"),
    (["serve", "0", "--client-auth", "maybe"], "--client-auth takes none, request or require"),
    (["connect", "localhost:1", "--min-dh-bits", "512"], "--min-dh-bits takes 1024 to 8192"),
    (["connect", "localhost:1", "--min-rsa-bits", "99999"], "--min-rsa-bits takes at most 16384"),
    (["connect", "a:1", "--max-fragment", "1000"], "--max-fragment takes 512, 1024, 2048 or 4096, not 1000"),
    (["connect", "a:1", "--record-size-limit", "63"], "--record-size-limit takes 64 to 16384"),
    (["serve", "0", "--max-fragment", "512"], "unknown option '--max-fragment'"),
    (["connect", "a:1", "--padding=1025"], "--padding takes at most 1024"),
    (["connect", "a:1", "--truncated-hmac"], "must not be used (--truncated-hmac). RFC 9325 4.6"),
    (["serve", "0", "--echo", "--http"], "exclude one another"),
    (["serve", "0", "--forward", "nowhere"], "--forward 'nowhere'"),
    (["serve", "0", "--once", "--count", "2"], "--once is --count 1"),
    (["serve", "0", "--max-connections", "0"], "at least 1"),
    (["serve", "0", "--insecure"], "unknown option '--insecure'"),
    (["flow", "spec"], "'flow spec' needs SCENARIO"),
    (["flow", "spec", "ful"], "did you mean full?"),
    (["flow", "spec", "full", "--seed", "1"], "unknown option '--seed'"),
    (["flow", "self", "full", "--seed", "x"], "--seed takes a number"),
    (["connect", "a:1", "--trusted-ca", "nmae"], "--trusted-ca takes name, key, cert or pre-agreed"),
    (["connect", "a:1", "--require-trusted-ca"], "unknown option '--require-trusted-ca'"),
    (["connect", "a:1", "--insecure", "--trusted-ca", "key"], "no trust anchors"),
    (["connect", "a:1", "--extension", "1:00"], "--extension 1:00: a code is given once"),
    (["connect", "a:1", "--extension", "65300:0"], "in hexadecimal"),
    (["connect", "a:1", "--extension", "65300:xx"], "in hexadecimal"),
    (["connect", "a:1", "--extension", "65536:00"], "takes CODE:HEX"),
    (["connect", "a:1", "--extension", "mine:00"], "takes CODE:HEX"),
    (["connect", "a:1", "--extension", "65300:00", "--extension", "65300"], "a code is given once"),
    (["connect", "a:1", "--extension", "65300:@/no/such/file"], "/no/such/file"),
    (["serve", "0", "--policy", "default", "--pre-agreed", "1"], "there is no such --cert"),
    (["list", "colours"], "none of suites, groups, schemes"),
    (["help", "nonsense"], "there is no command 'nonsense'"),
]


@test
def a_command_line_that_cannot_be_is_refused_with_what_and_why():
    for arguments, wanted in USAGE:
        out, errors, _ = run(*arguments, code=2)
        must(wanted in errors, f"{arguments}: {wanted!r} is not in {errors!r}")
        must(errors.startswith("handfast: "), f"{arguments}: {errors!r}")
        must(out == b"", f"{arguments}: wrote {out!r} to standard output")


@test
def without_arguments_the_help_is_shown_with_exit_code_2():
    out, _, _ = run(code=2)
    must(b"usage: handfast COMMAND" in out, out)


COMMANDS = ["connect", "serve", "flow spec", "flow self", "flow connect", "flow listen", "flow read", "flow tap", "flow diff", "flow explain", "demo", "pkipath", "keyring init", "keyring rotate", "keyring show",
            "session stats", "session revoke", "policy", "list", "version", "help"]


def options_of(command):
    text = run("help", *command.split())[0].decode()
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.M)), text


@test
def every_command_has_help_with_examples():
    overview = run("help")[0].decode()
    for command in COMMANDS:
        must(f"  {command} " in overview, f"{command} is not in the overview")
        _, text = options_of(command)
        must("usage: handfast " + command in text and "examples:\n  handfast " in text.replace("  printf", "  handfast printf"), text)
        same = run(*command.split(), "--help")[0].decode()
        must(same == text, f"{command} --help differs from help {command}")
        must(max(len(line) for line in text.splitlines()) <= 120, f"help {command} has a line over 120 columns")


@test
def every_option_stands_in_its_manual_page():
    pages = {"": ["demo"], "-connect": ["connect"], "-serve": ["serve"], "-flow": ["flow spec", "flow self"],
             "-flow-read": ["flow read"], "-flow-tap": ["flow tap"], "-flow-explain": ["flow explain"],
             "-flow-connect": ["flow connect"], "-flow-diff": ["flow diff"], "-flow-listen": ["flow listen"],
             "-keyring": ["keyring init", "keyring rotate", "keyring show"], "-session": ["session stats", "session revoke"]}
    for name, commands in pages.items():
        with open(os.path.join(TOP, "docs", "man", f"handfast{name}.1"), encoding="utf-8") as f:
            page = f.read().replace("\\-", "-")
        known = set()
        for command in commands:
            options, _ = options_of(command)
            must(len(options) > 3, f"{command} has no options")
            if beside := {"flow connect": "connect", "flow listen": "serve"}.get(command):
                options -= options_of(beside)[0]  # the page sends its reader there
            for option in sorted(options):
                must(f"\\fB{option}\\fR" in page, f"{option} of {command} is not in handfast{name}.1")
            known |= options
        stale = set(re.findall(r"^\.TP\n(?:\\fB-\w\\fR, )?\\fB(--[a-z-]+)", page, re.M)) - known
        must(not stale, f"handfast{name}.1 has {stale}, {commands} have not")


@test
def every_member_of_the_JSON_stands_in_the_manual_page():
    theirs = manual.words("handfast-connect.1", "JSON")
    ours = theirs | manual.words("handfast-serve.1", "JSON")
    own = ["--extension", "65300:00", "--supplemental", "65301:" + pki("ca.pem"), "--user-mapping", "upn:user@client.example"]
    with Server("--json", "--extension", "65300", "--supplemental", "65301:" + pki("ca.pem"), "--user-mapping", "--unsafe-supplemental-in-clear",
                "--session-store", "memory:", "--stats", "--count", "3") as server:
        _, errors, _ = server.connect("--json", *own, "--unsafe-supplemental-in-clear", "--resume=1")
        must(len(manual.members(report(errors)[0]) - {"user_principal_name"}) > 40 and manual.members(report(errors)[0]) <= theirs,
             manual.members(report(errors)[0]) - theirs)
        server.connect(code=4, ca="other-ca.pem")
        _, errors = server.end()
        lines = report(errors)
        must([line["event"] for line in lines] == ["connection"] * 3 + ["sessions"], errors)
        must({"user_principal_name", "data", "store_wait_ms", "breaker_state"} <= manual.members(lines), errors)
        must(manual.members(lines) <= ours, manual.members(lines) - ours)


@test
def the_exit_codes_stand_in_every_manual_page():
    for name in ["", "-connect", "-serve", "-flow", "-flow-read", "-flow-tap", "-flow-connect", "-flow-listen", "-flow-diff", "-keyring", "-session"]:
        with open(os.path.join(TOP, "docs", "man", f"handfast{name}.1"), encoding="utf-8") as f:
            page = f.read()
        must(re.findall(r"^\.B (\d+)$", page, re.M) == ["0", "1", "2", "3", "4", "5", "6", "7", "70"], f"handfast{name}.1")


@test
def version_and_list_name_what_there_is():
    must(re.match(rb"handfast \d+\.\d+\.\d+\nOpenSSL 3", run("version")[0]), "version")
    must(run("--version")[0] == run("version")[0], "--version")
    must(b"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in run("list", "suites")[0], "suites")
    must(b"x25519" in run("list", "groups")[0].lower(), "groups")
    must(b"ed25519" in run("list")[0], "schemes")


@test
def list_marks_what_is_never_negotiated_and_names_the_policies():
    rows = {}
    for line in run("list", "suites")[0].decode().splitlines():
        name, code, *rest = line.split(None, 2)
        must(name not in rows and re.fullmatch("0x[0-9a-f]{4}", code), line)
        rows[name] = rest[0] if rest else ""
    must(len(rows) > 300, f"{len(rows)} suites")
    must(rows["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] == "default compat all", rows["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
    must(rows["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"] == "compat all", rows["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"])
    for part in ["WITH_NULL", "_RC4_", "3DES", "_DES_", "EXPORT"]:
        marks = [mark for name, mark in rows.items() if part in name]
        must(marks and all(mark.startswith("never: ") for mark in marks), f"{part}: {marks}")
    must(not [name for name, mark in rows.items() if not mark or name.startswith("GREASE")], "a row without a mark, or GREASE")


# ---- policies ----

POLICIES = {"default": "2026-11", "compat": "compat-2026-11", "all": "all-2026-11"}


@test
def every_policy_is_printed_as_its_golden():
    for alias, dated in POLICIES.items():
        out = run("policy", dated)[0]
        golden(f"policy-{dated}.txt", out)
        must(run("policy", alias)[0] == out, alias)
        must(max(len(line) for line in out.decode().splitlines()) <= 120, f"{dated} has a line over 120 columns")
    out = run("policy")[0]
    must(out.startswith(run("policy", "default")[0]), "policy without a name is not the default")
    must(all(dated.encode() in out for dated in POLICIES.values()), "policy does not name them all")


@test
def a_policy_is_what_a_connection_is_made_under():
    for alias, dated in POLICIES.items():
        with Server("--echo", "--policy", dated) as server:
            for most, said in [([], "TLS 1.3 TLS_AES_128_GCM_SHA256 "), (["--max", "1.2"], "TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 ")]:
                out, errors, _ = server.connect("--policy", alias, "-v", *most, stdin=b"x")
                must(out == b"x" and said in errors, errors)
            must(("for laboratories" in errors) == (alias == "all"), errors)
            must(("for laboratories" in "".join(server.errors)) == (alias == "all"), server.errors)


@test
def other_options_override_the_policy():
    suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    with Server("--echo", "--suites", suite, "--policy", "compat") as server:
        _, errors, _ = server.connect("--require-ems", "--policy", "compat", "-v", stdin=b"x")
        must(suite in errors, errors)


@test
def anonymous_suites_need_naming_and_no_certificate():
    suite = "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"
    with Server("--echo", "--suites", suite, cert=None) as server:
        out, errors, _ = server.connect("--suites", suite, stdin=b"x")
        must(out == b"x" and "authenticates nobody" in errors and "authenticates nobody" in "".join(server.errors), errors)
        for policy in ["default", "compat"]:
            _, errors, _ = server.connect("--policy", policy, code=1)
            must("handshake_failure" in errors, errors)
    with Server("--echo", "--policy", "compat", "--once") as server:
        server.connect("--suites", suite, code=1)
        _, errors = server.end()
        must("authenticates nobody" in errors, errors)


@test
def the_same_handshake_is_played_under_every_policy():
    plain = run("flow", "self", "full", "--flow=json")[0]
    must(run("flow", "self", "full", "--flow=json", "--policy", "2026-11")[0] == plain, "default differs from 2026-11")
    for alias in ["compat", "all"]:
        out, errors, _ = run("flow", "self", "full", "--flow=json", "--policy", alias)
        must(out != plain and ("warning" in errors) == (alias == "all"), errors)


@test
def a_pre_shared_key_stands_for_certificates():
    table, key = a_file("psk.table"), a_file("psk.key")
    for path, text in ((table, f"# ours\n\nsensor-12:{'5a' * 32}\nother:{'a5' * 16}\n"), (key, "5a" * 32 + "\n")):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text)
    words = ["--max", "1.3", "--psk-identity", "sensor-12", "--psk-file", key]
    for imports in ([], ["--psk-import"], ["--psk-import=from the factory"]):
        with Server("--echo", "--max", "1.3", "--psk-file", table, *imports, cert=None) as server:
            place = f"127.0.0.1:{server.port}"
            out, errors, _ = run("connect", place, *words, *imports, "-v", stdin=b"x")
            must(out == b"x" and "pre-shared key of sensor-12" in errors and ("imported" in errors) == bool(imports), errors)
            said = report(run("connect", place, *words, *imports, "--json", stdin=b"x")[1])[0]
            must((said["psk"], said["psk_identity"]) == ("used", "sensor-12"), said)
            errors = run("connect", place, *words, *(["--psk-import"] if not imports else []), code=1)[1]
            must("UNKNOWN_PSK_IDENTITY" in errors or "unknown_psk_identity" in errors, errors)


@test
def keys_that_cannot_be_are_refused():
    path = a_file("weak.key")
    for text, mode, options, wanted in (
        ("5a" * 15, 0o600, ["--psk-identity", "a"], "shorter than 16 bytes"),
        ("5a" * 32, 0o644, ["--psk-identity", "a"], "chmod 600"),
        ("5a" * 32, 0o600, [], "line 1: not IDENTITY:HEX"),
        ("a:5a5\n", 0o600, [], "line 1: not IDENTITY:HEX"),
        (f"a:{'5a' * 16}\na:{'a5' * 16}\n", 0o600, [], "two pre-shared keys have the identity a"),
        ("5a" * 32, 0o600, ["--psk-identity", "a", "--psk-identity", "b"], "in pairs"),
        ("5a" * 32, 0o600, ["--psk-identity", "a", "--psk-hash", "md5"], "sha256 or sha384"),
        ("x" * 65, 0o600, ["--psk-identity", "a"], "a key 16 to 64"),
    ):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
        errors = run("connect", "127.0.0.1:9", "--max", "1.3", "--psk-file", path, *options, code=2)[1]
        must(wanted in errors, errors)
    must("need --psk-file" in run("connect", "127.0.0.1:9", "--psk-identity", "a", code=2)[1], "an identity without a key")


# ---- pictures ----

def scenarios():
    return [line.split()[0] for line in run("flow", "spec", "--list")[0].decode().splitlines()]


def golden(name, text):
    path = os.path.join(GOLDEN, name)
    if "--update" in sys.argv:
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "wb") as f:
            f.write(text)
    with open(path, "rb") as f:
        wanted = f.read()
    must(wanted == text, f"tests/golden/{name} differs from what is drawn now:\n{text.decode()}")


@test
def scenarios_of_the_issue_are_there():
    wanted = {"full", "mutual", "resume-id", "resume-id-miss", "renegotiate", "renegotiate-resumed", "hello-request", "request-certificate", "ecc", "finite-field",
              "extensions", "status", "supplemental", "supplemental-double", "user-mapping", "tls13"}
    must(not wanted - set(scenarios()), scenarios())


@test
def every_scenario_is_drawn_as_its_golden():
    for name in scenarios():
        for form in ["ladder", "list", "compact", "mermaid", "json"]:
            golden(f"spec-{name}.{form}", run("flow", "spec", name, f"--flow={form}")[0])


@test
def playing_with_itself_gives_the_golden_bytes():
    for name in scenarios():
        for form in ["ladder", "list", "compact", "mermaid", "json"]:
            out = run("flow", "self", name, "--seed", "1", f"--flow={form}")[0]
            golden(f"self-{name}.{form}", out)
        must(re.search(rb"fingerprint [0-9a-f]{16}", out), "no fingerprint of the bytes")
        must(run("flow", "self", name, "--seed", "1", "--flow=json")[0] == out, f"{name}: not the same twice")
        must(run("flow", "self", name, "--seed", "2", "--flow=json")[0] != out, f"{name}: another seed, the same bytes")


@test
def every_field_is_told_as_its_golden():
    """flow --flow=tree: nothing malformed in what this library sends; no ticket, user mapping or client certificate in it."""
    for name in scenarios():
        out = run("flow", "self", name, "--seed", "1", "--flow=tree")[0]
        golden(f"self-{name}.tree", out)
        text = out.decode()
        must("malformed" not in text, f"{name}: {text}")
        must("alice" not in text and not re.search(r"ASN.1Cert: CN=(?!server)", text), f"{name}: names a client: {text}")
        must(not re.search(r"ticket: [0-9a-f]{8}", text), f"{name}: a ticket is shown")
        must("  extension  " in text and "offered" in text and "answered" in text, f"{name}: no table of extensions")


# How many there are, ChangeCipherSpec counted where it is one: RFC 5246 7.3, RFC 5077 3.1, RFC 4680 2, RFC 8446 2. By a pre-shared key five do.
MESSAGES = {
    "full": 10, "ecc": 10, "finite-field": 10, "extensions": 10, "mutual": 13, "mutual-empty": 12, "certificate-url": 13, "status": 11,
    "resume-id": 6, "resume-id-miss": 10, "ticket": 11, "resume-ticket": 6, "resume-ticket-renewed": 7, "supplemental": 12,
    "supplemental-double": 25, "user-mapping": 14, "renegotiate": 20, "renegotiate-resumed": 16, "hello-request": 21, "request-certificate": 24,
    "tls13": 7, "tls13-mutual": 10, "tls13-compressed": 10, "tls13-retry": 9, "tls13-ticket": 8, "tls13-psk": 6, "tls13-psk-dhe": 6,
    "tls13-external-psk": 5, "tls13-0rtt": 7, "tls13-0rtt-rejected": 6, "tls13-post-handshake-auth": 11, "tls13-key-update": 9,
}


@test
def what_is_played_is_what_the_tables_draw():
    """The same messages in the same order, from the tables and from the engine's events."""
    for name in scenarios():
        order = []
        for how in ["spec", "self"]:
            lines = run("flow", how, name, "--flow=json")[0].decode().splitlines()
            events = [json.loads(line) for line in lines]
            steps = [e for e in events if e["event"] == "step" and not e["local"]]
            if name.startswith("tls13"):  # RFC 8446 D.4: it is there for middleboxes, and no step of the handshake
                must(how == "spec" or len([e for e in steps if e["name"] == "[ChangeCipherSpec]"]) == 2, f"{name}: {steps}")
                steps = [e for e in steps if e["name"] != "[ChangeCipherSpec]"]
            order.append([(e["by"], e["name"], e["epoch"], e.get("keys")) for e in steps])
        must(order[0] == order[1] and len(order[0]) == MESSAGES.get(name), f"{name}: {order[0]}\n{order[1]}")


@test
def pictures_fit_their_width_and_ascii_is_ascii():
    for width in [40, 59, 60, 72, 100, 200]:
        out = run("flow", "self", "mutual", "--width", str(width))[0].decode()
        must(max(len(line) for line in out.splitlines()) <= width, f"wider than {width}")
        out = run("flow", "self", "mutual", "--ascii", "--width", str(width))[0]
        must(all(byte < 0x7f for byte in out), "not ASCII")
    for locale in ["C", "POSIX", "de_DE.ISO-8859-1"]:
        out = run("flow", "spec", "full", env=dict(ENV, LC_ALL=locale))[0]
        must(all(byte < 0x7f for byte in out), f"not ASCII under {locale}")
    must(b"\033" not in run("flow", "spec", "full", env=dict(ENV, TERM="xterm"))[0], "colours where there is no terminal")


@test
def a_terminal_gets_colours_unless_NO_COLOR_is_set():
    def on_terminal(env):
        main, other = os.openpty()
        with subprocess.Popen([PROGRAM, "flow", "spec", "full"], stdout=other, env=env) as process:
            os.close(other)
            out = b""
            try:
                while chunk := os.read(main, 65536):
                    out += chunk
            except OSError:
                pass  # the end of a terminal
            os.close(main)
            must(process.wait(PATIENCE) == 0, "failed")
        return out
    must(b"\033[" in on_terminal(dict(ENV, TERM="xterm")), "no colours")
    must(b"\033[" not in on_terminal(dict(ENV, TERM="xterm", NO_COLOR="1")), "colours in spite of NO_COLOR")
    must(b"\033[" not in on_terminal(dict(ENV, TERM="dumb")), "colours on a dumb terminal")


# ---- connections ----

@test
def payload_of_any_size_comes_back_whole():
    with Server("--echo") as server:
        for size in [0, 1, 16384, 16385, 1 << 20, 20 << 20]:
            payload = os.urandom(size)
            out, errors, _ = server.connect(stdin=payload)
            must(out == payload, f"{size} bytes: {len(out)} came back, or others")
            must(errors == "", errors)


@test
def flow_connect_draws_each_connection_and_keeps_the_payload_apart():
    with Server("--echo") as server:
        options = ["flow", "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example"]
        out, errors, _ = run(*options, stdin=b"not to be read")
        text = out.decode()
        must(text.startswith("handfast flow connect 127.0.0.1:") and "ClientHello" in text and "handshake complete" in text and errors == "", text)
        must("══ data" not in text and "data ══" not in text, "nothing was to be sent")
        out, errors, _ = run(*options, "--resume=2", "--expect", "complete")
        text = out.decode()
        must(re.findall(r"^handfast flow connect .*, connection (\d) of 3$", text, re.M) == ["1", "2", "3"] and len(re.findall(r"^ .*session.*resumed", text, re.M)) == 2, text)
        must("\n\nhandfast flow connect" in text, "pictures stand apart")
        out, _, _ = run(*options, "--send", "-", "--save", a_file("saved"), "--flow=list", stdin=b"hello")
        must(b"application data" in out and b"hello" not in out, out)
        with open(a_file("saved"), "rb") as f:
            must(f.read() == b"hello", "saved")
        out, _, _ = run(*options, "--send", pki("ca.pem"), "--flow=json")
        sent = [e["size"] for e in map(json.loads, out.splitlines()) if e["event"] == "data"]
        must(sum(sent) == 2 * os.path.getsize(pki("ca.pem")), sent)
        must("standard output is for the picture" in run(*options, "--save", "-", code=2)[1], "--save -")
        must("No such file" in run(*options, "--send", "/no/such/file", code=2)[1], "--send")
        run(*options, "--expect", "resumed", code=5)
        out, errors, _ = run(*options[:-1], "other.example", code=1)
        must("unrecognized_name" in out.decode() and "unrecognized_name" in errors, out)


@test
def a_handshake_behind_the_first_is_in_the_picture_of_flow_connect():
    with Server("--renegotiation", "accept") as server:
        out = run("flow", "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example", "--max", "1.2", "--renegotiate")[0].decode()
        must("inside e1" in out and out.count("Finished") == 4, out)


@test
def flow_listen_draws_each_connection():
    with Server("--count", "2", "--max", "1.2", command=["flow", "listen"]) as server:
        must(server.connect(stdin=b"payload")[0] == b"payload", "echo")
        server.connect(ca="other-ca.pem", code=4)
        code, errors = server.end()
        text = server.out[0]
        must(code == 1 and errors.count("\nhandfast: 127.0.0.1:") == 2, (code, errors))
        must(re.findall(r"^handfast flow listen, connection (\d) from 127", text, re.M) == ["1", "2"], text)
        must("unknown_ca" in text and "\n\nhandfast flow listen" in text and "payload" not in text, text)
    for what, wanted in [("complete", 0), ("not:Certificate", 5)]:
        with Server("--once", "--http", "--max", "1.2", "--flow=list", "--expect", what, command=["flow", "listen"]) as server:
            must(b"200 OK" in server.connect(stdin=b"GET / HTTP/1.0\r\n\r\n")[0], "http")
            code, errors = server.end()
            must(code == wanted and "Client sends ClientHello" in server.out[0].replace("The client", "Client"), (code, errors, server.out))


@test
def a_slow_reader_does_not_fill_the_memory_of_either_side():
    with Server("--echo") as server:
        command = [PROGRAM, "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV) as client:
            sent = 0
            os.set_blocking(client.stdin.fileno(), False)
            quiet = time.monotonic() + 1
            while time.monotonic() < quiet and sent < 200 << 20:
                try:
                    sent += os.write(client.stdin.fileno(), bytes(65536))
                    quiet = time.monotonic() + 1
                except BlockingIOError:
                    time.sleep(0.01)
            must(sent < 64 << 20, f"{sent} bytes were taken although nobody reads")
            for process in [client, server.process]:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
                    resident = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
                must("ASAN_OPTIONS" in os.environ or resident < 40000, f"{resident} kB resident")
            client.stdin.close()
            must(len(client.stdout.read()) == sent, "not all came back")
            must(client.wait(PATIENCE) == 0, "exit code")


@test
def a_refused_server_certificate_ends_with_4_and_says_why():
    with Server("--echo") as server:
        _, errors, _ = server.connect("--json", code=4, ca="other-ca.pem")
        line = report(errors)[0]
        must(line["error"] == "UNKNOWN_CA" and line["alert"] == "unknown_ca" and line["alert_direction"] == "sent", line)
        must(re.search(r"^handfast: error: .*\(.*\)\. RFC 5280 6\.1\. ", errors, re.M), errors)
        must("client → server: unknown_ca (48): the server's certificate was refused by the client" in errors, errors)
    with Server("--echo", cert="expired") as server:
        must(report(server.connect("--json", code=4)[1])[0]["error"] == "CERTIFICATE_EXPIRED", "expired")
        _, errors, _ = server.connect("--insecure", "--json")
        must("warning: --insecure" in errors, errors)
        must(report(errors)[0]["peer_verified"] is False, errors)
    with Server("--echo", cert="client") as server:
        must(report(server.connect("--json", code=4, name="client.example")[1])[0]["error"] in
             ("WRONG_PURPOSE", "NAME_MISMATCH"), "a client's certificate on a server")


@test
def a_name_the_server_lacks_is_its_refusal_and_ends_with_1():
    with Server("--echo") as server:
        _, errors, _ = server.connect(name="wrong.example", code=1)
        must("server → client: unrecognized_name (112)" in errors, errors)
        run("connect", f"localhost:{server.port}", "--ca", pki("ca.pem"))
        run("connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"))


@test
def a_network_that_fails_ends_with_3():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        _, errors, _ = run("connect", f"127.0.0.1:{port}", "--ca", pki("ca.pem"), code=3)
        must("no connection (Connection refused)" in errors, errors)
    must("the host is not found" in run("connect", "no-such-host.invalid:1", "--ca", pki("ca.pem"), code=3)[1], "resolver")
    with Server("--echo") as server:
        _, errors, _ = run("serve", str(server.port), "--cert", pki("server.pem"), "--key", pki("server.key"), code=3)
        must("cannot be listened on" in errors, errors)


def plain_server(answer, hold=0.0):
    """Accepts once, sends `answer`, holds, closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as peer:
            peer.sendall(answer)
            time.sleep(hold)
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(PATIENCE)
            while peer.recv(4096):
                pass
    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


@test
def what_does_not_speak_TLS_ends_with_1_and_is_named():
    for answer, wanted in [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"), (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"), (b"", "closed")]:
        port, thread = plain_server(answer)
        _, errors, _ = run("connect", f"127.0.0.1:{port}", "--ca", pki("ca.pem"), code=1)
        thread.join(PATIENCE)
        must(wanted in errors, errors)


@test
def a_silent_peer_runs_into_the_handshake_timeout():
    port, thread = plain_server(b"", hold=2.5)
    began = time.monotonic()
    _, errors, _ = run("connect", f"127.0.0.1:{port}", "--ca", pki("ca.pem"), "--handshake-timeout", "1", code=1)
    must(0.9 < time.monotonic() - began < 2.4, "not after a second")
    must("the handshake took too long" in errors, errors)
    thread.join(PATIENCE)
    with Server("--echo", "--handshake-timeout", "1", "--count", "1") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            peer.settimeout(PATIENCE)
            must(peer.recv(100)[5:] == bytes([2, 90]), "no user_canceled alert")
            must(peer.recv(100) == b"", "the server goes on")
        code, errors = server.end()
        must(code == 1 and "the handshake took too long" in errors, errors)


def tls_server(context, talk):
    """An OpenSSL server (Python's) for one connection; talk(socket)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            peer = listener.accept()[0]
            peer.settimeout(PATIENCE)
            try:
                talk(context.wrap_socket(peer, server_side=True, suppress_ragged_eofs=False))
            except OSError:
                pass
            peer.close()
    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


def openssl_server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki("server.pem"), pki("server.key"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def to(port, *options, **more):
    return run("connect", f"127.0.0.1:{port}", "--ca", pki("ca.pem"), "--sni", "server.example", *options, **more)


@test
def a_stream_cut_short_is_an_error_and_what_came_is_kept():
    def talk(peer):
        peer.sendall(b"only half of")
        raw = socket.socket(fileno=os.dup(peer.fileno()))
        raw.shutdown(socket.SHUT_WR)  # TCP ends, TLS does not
        raw.close()
    port, thread = tls_server(openssl_server_context(), talk)
    out, errors, _ = to(port, "--json", code=1)
    thread.join(PATIENCE)
    must(out == b"only half of", out)
    must(report(errors)[0]["error"] == "TRUNCATED", errors)
    must("without close_notify" in errors, errors)


@test
def a_peer_that_closes_first_is_answered_and_unsent_input_is_an_error():
    def talk(peer):
        peer.sendall(b"bye")
        peer.unwrap()
    port, thread = tls_server(openssl_server_context(), talk)
    command = [PROGRAM, "connect", f"127.0.0.1:{port}", "--ca", pki("ca.pem"), "--sni", "server.example"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV) as client:
        must(client.wait(PATIENCE) == 0, "an idle standard input keeps it, or is an error")
        must(client.stdout.read() == b"bye", "payload")
    thread.join(PATIENCE)
    port, thread = tls_server(openssl_server_context(), talk)
    _, errors, _ = to(port, stdin=bytes(30 << 20), code=1)
    thread.join(PATIENCE)
    must("closed the connection before all of standard input was sent" in errors or "network failed" in errors, errors)


@test
def limits_of_records_are_agreed_and_reported():
    payload = bytes(20000)
    old = ["--max", "1.2"]
    for options, said, fields in [
        (["--max-fragment", "1024"], ", records of 1024 bytes,", (1024, None, None)),
        (["--record-size-limit", "100"], ", records of 100 bytes in, 5000 out,", (None, 100, 5000)),
        (["--grease", "--padding", "--alpn", "h2", *old], ", records of 16384 bytes in, 5000 out,", (None, 16384, 5000)),
        (["--grease", "--padding", "--alpn", "h2"], ", records of 16385 bytes in, 5000 out,", (None, 16385, 5000)), # RFC 8449 4: the type counts
        (["--record-size-limit", "0", *old], "full handshake, name", (None, None, None)),
        (["--record-size-limit", "0"], "full handshake, name", (None, None, None)),
    ]:
        with Server("--echo", "--record-size-limit", "5000", "--json") as server:
            out, errors, _ = server.connect(*options, "--json", "-v", stdin=payload)
            seen = report(errors)[0]
            must(out == payload and said in errors, errors)
            must((seen["max_fragment"], seen["record_size_limit"], seen["peer_record_size_limit"]) == fields, seen)
            server.process.send_signal(signal.SIGTERM)
            other = report(server.end()[1])[0]
            must((other["max_fragment"], other["peer_record_size_limit"], other["record_size_limit"]) == fields, other)
    with Server("--http", "--record-size-limit", "5000") as server:
        page, _, _ = server.connect("--record-size-limit", "2000", stdin=b"GET / HTTP/1.0\r\n\r\n")
        must(b"records of 5000 bytes in, 2000 out" in page, page)
        _, errors, _ = server.connect(name="b\u00fccher.example", code=2)
        must("A-labels (xn--" in errors, errors)


@test
def mutual_authentication_works_and_its_refusals_have_codes():
    with Server("--echo", "--client-auth", "require", "--ca", pki("ca.pem"), "--json") as server:
        me = ["--cert", pki("client.pem"), "--key", pki("client.key")]
        for version, alert in [("1.2", "handshake_failure (40)"), ("1.3", "certificate_required (116)")]:
            out, errors, _ = server.connect(*me, "--json", "--max", version, stdin=b"x")
            must(out == b"x" and report(errors)[0]["client_scheme"] == "ecdsa_secp256r1_sha256", errors)
            _, errors, _ = server.connect("--max", version, code=1)
            must(f"server → client: {alert}" in errors, errors)
            _, errors, _ = server.connect("--cert", pki("stranger.pem"), "--key", pki("stranger.key"), "--max", version, code=1)
            must("server → client: " in errors, errors)
        server.process.send_signal(signal.SIGTERM)
        _, errors = server.end()
        lines = report(errors)
        for i, version in enumerate(["TLS 1.2", "TLS 1.3"]):
            must(lines[3 * i]["peer_subject"] == "CN=client.example" and lines[3 * i]["peer_verified"], lines)
            must(lines[3 * i]["version"] == version, lines)
        must([line["exit"] for line in lines] == [0, 4, 4] * 2, lines)


@test
def passwords_of_keys_come_from_files():
    with open(a_file("password"), "w", encoding="ascii") as f:
        f.write("open sesame\n")
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", pki("client.key"), "-out", a_file("locked.key"), "-passout", "pass:open sesame"],
                   check=True, capture_output=True)
    with Server("--echo", "--client-auth", "require", "--ca", pki("ca.pem")) as server:
        me = ["--cert", pki("client.pem"), "--key", a_file("locked.key")]
        must("password" in server.connect(*me, code=2)[1], "without the password")
        server.connect(*me, "--key-password-file", a_file("password"))


@test
def sessions_are_resumed_in_one_process_and_in_the_next():
    for version, by, group in [("1.2", "ID", None), ("1.3", "ticket", "secp256r1")]:
        resume_in(["--max", version], by, group)
    with open(a_file("session"), "wb") as f:
        f.write(b"nonsense")
    run("connect", "a:1", "--session-in", a_file("session"), code=2)


def resume_in(version, by, group):
    with Server("--echo") as server:
        out, errors, _ = server.connect("--resume=2", "--json", *version, stdin=b"payload")
        must(out == b"payload", "the payload goes over the last connection")
        must([line["resumed"] for line in report(errors)] == [False, True, True], errors)
        must([line["bytes_out"] for line in report(errors)] == [0, 0, 7], errors)
        must("connection 3: resumed" in errors, errors)
        server.connect("--session-out", a_file("session"), *version)
        must(stat.S_IMODE(os.stat(a_file("session")).st_mode) == 0o600, "the session file may be read by others")
        line = report(server.connect("--session-in", a_file("session"), "--json", *version)[1])[0]
        must(line["resumed"] and line["group"] == group and line["peer_verified"], line)
        server.connect("--session-out", a_file("session"), *version)
        _, errors, _ = server.connect("--session-in", a_file("session"), "-v", *version)
        must(f"resumed by {by}" in errors, errors)
        path = f"127.0.0.1:{server.port}"
    with Server("--echo") as another: # never offered to another port
        _, errors, _ = another.connect("--session-in", a_file("session"), "--json")
        line = report(errors)[0]
        must(not line["resumed"] and line["resumption"] == "not_offered", line)
        must(f"the session is for {path}, not for 127.0.0.1:{another.port}" in errors, errors)


@test
def the_key_log_and_exported_keys_agree_with_openssl():
    labels = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"]
    exports_and_logs("1.3", "".join(f"{label} [0-9a-f]{{64}} [0-9a-f]{{64}}\n" for label in labels))
    exports_and_logs("1.2", r"CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n")


def exports_and_logs(version, lines):
    with Server("--echo", "--count", "1", "--export", "EXPORTER-handfast:24") as server:
        out, errors, _ = server.connect("--keylog", a_file(f"keys{version}"), "--export", "EXPORTER-handfast:24", "--max", version)
        ours = re.search(r"Keying material: ([0-9A-F]{48})$", errors, re.M).group(1)
        must(ours in server.end()[1], "both sides export the same")
    must(stat.S_IMODE(os.stat(a_file(f"keys{version}")).st_mode) == 0o600, "the key log may be read by others")
    with open(a_file(f"keys{version}"), encoding="ascii") as f:
        log = f.read()
        must(re.fullmatch(lines, log), f"key log format: {log}")
    with Server("--echo", "--count", "1", "--export", "EXPORTER-handfast:24") as server:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", f"-tls{version.replace('.', '_')}", "-CAfile", pki("ca.pem"), "-servername",
                   "server.example", "-keymatexport", "EXPORTER-handfast", "-keymatexportlen", "24"]
        said = subprocess.run(command, input=b"", capture_output=True, timeout=PATIENCE).stdout.decode()
        theirs = re.search(r"Keying material: ([0-9A-F]{48})$", said, re.M).group(1)
        must(theirs in server.end()[1], "OpenSSL exports the same")


@test
def secrets_are_in_no_picture_and_in_no_report():
    with Server("--echo", "--flow", "--json", "--count", "8") as server:
        for form in ["ladder", "compact", "list", "markdown", "html", "svg", "mermaid", "json"]:
            _, errors, _ = server.connect("--keylog", a_file("secrets"), f"--flow={form}", "--json", "-v", stdin=b"private words")
            must("ClientHello" in errors and "private words" not in errors, errors)
            with open(a_file("secrets"), encoding="ascii") as f:
                for line in f:
                    master = line.split()[2]
                    must(master not in errors.lower() and bytes.fromhex(master) not in errors.encode(), f"{form} shows the master secret")
        server.end()
        must("".join(server.out).count("handfast serve, connection") == 8, "a ladder for each connection")
        must("private words" not in "".join(server.out), "payload in the picture")


@test
def forward_passes_bytes_to_a_plain_server_and_back():
    listener = socket.create_server(("127.0.0.1", 0))

    def backend():
        with listener:
            for _ in range(2):
                with listener.accept()[0] as peer:
                    got = 0
                    while chunk := peer.recv(65536):
                        got += len(chunk)
                    peer.sendall(b"got %d" % got)  # after the client's half has ended
    thread = threading.Thread(target=backend)
    thread.start()
    with Server("--forward", f"localhost:{listener.getsockname()[1]}") as server:
        must(server.connect(stdin=bytes(5 << 20))[0] == b"got %d" % (5 << 20), "upload")
        must(server.connect()[0] == b"got 0", "nothing")
        thread.join(PATIENCE)
        for size in [1, 100000]:
            _, errors, _ = server.connect(stdin=bytes(size), code=None)
            must("error: " in errors, errors)
        _, errors, _ = server.connect(code=1)
        must("without close_notify" in errors, "a plain server that is gone must not look like a clean end")


@test
def a_client_that_vanishes_takes_nothing_with_it():
    context = ssl.create_default_context(cafile=pki("ca.pem"))
    with Server("--echo", "--count", "2", "--idle-timeout", "20") as server:
        raw = socket.create_connection(("127.0.0.1", server.port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer = context.wrap_socket(raw, server_hostname="server.example")
        peer.setblocking(False)
        try:
            while True:
                peer.send(bytes(16384))  # never reads: the echo stops taking
        except ssl.SSLWantWriteError:
            pass
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()  # a reset
        must(server.connect(stdin=b"next")[0] == b"next", "the server does not go on")
        began = time.monotonic()
        code, errors = server.end()
        must(time.monotonic() - began < 5 and code in (1, 3), (code, errors))


def http(server, request):
    return server.connect(stdin=request)[0].decode()


@test
def http_answers_a_page_and_refuses_what_it_must():
    with Server("--http", "--client-auth", "request", "--ca", pki("ca.pem")) as server:
        page = http(server, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, body = page.split("\r\n\r\n", 1)
        must(head.startswith("HTTP/1.1 200 OK") and f"Content-Length: {len(body.encode())}" in head, head)
        must("default-src 'none'" in head and "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in body and "asked for, none sent" in body, page)
        must(http(server, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").endswith("\r\n\r\n"), "HEAD has no body")
        must(http(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3).count("200 OK") == 3, "keep-alive")
        for request, code in [(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 405), (b"nonsense\r\n\r\n", 400),
                              (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
                              (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 400), (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                              (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, 431)]:
            must(http(server, request).startswith(f"HTTP/1.1 {code} "), request[:40])
        page = server.connect("--cert", pki("markup.pem"), "--key", pki("markup.key"), stdin=b"GET / HTTP/1.0\r\n\r\n")[0].decode()
        must("&lt;script" in page and page.count("<script") == 1 and page.index("<script>'use strict'") > page.index("</main>"), page[:6000])


@test
def a_path_needs_a_client_certificate_and_only_there_it_is_asked_for():
    ask_for_paths("renegotiations", "--max", "1.2")
    ask_for_paths("authentications", "--min", "1.3") # RFC 8446 4.6.2


def ask_for_paths(counter, *version):
    mine = ["--cert", pki("client.pem"), "--key", pki("client.key"), "--renegotiation", "accept", "--json", *version]
    with Server("--http", "--request-client-cert=/secure", "--ca", pki("ca.pem"), "--json") as server:
        for path, options, status, times in [("/", mine, 200, 0), ("/secured", mine, 200, 0), ("/secure", mine, 200, 1), ("/secure/x?y", mine, 200, 1),
                                             ("https://x/", mine, 200, 0), ("https://x", mine, 200, 0), ("/a/b?//%2e/./", mine, 200, 0),
                                             ("/.well-known/x", mine, 200, 0), ("/a/", mine, 200, 0), ("/a...", mine, 200, 0),
                                             # other spellings of it, and what might be one
                                             ("https://x/secure", mine, 200, 1), ("HTTP://x:1/secure?y", mine, 200, 1), ("//secure", mine, 200, 1),
                                             ("/./secure", mine, 200, 1), ("/a/../secure", mine, 200, 1), ("/a/..", mine, 200, 1), ("/%73ecure", mine, 200, 1),
                                             ("/a//b", mine, 200, 1), ("/secure#x", mine, 200, 1), ("/secure;x", mine, 200, 1), ("/\\secure", mine, 200, 1),
                                             ("/secure", mine[4:], 403, 1 if counter == "renegotiations" else 0), ("/secure", ["--json", *version], 403, 0), ("//secure", ["--json", *version], 403, 0),
                                             ("secure", mine, 400, 0), ("https:/secure", mine, 400, 0), ("https://x?/secure", mine, 400, 0),
                                             ("*", mine, 400, 0)]:
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            out, errors = server.ask(*options, request=request)
            must(out.decode().startswith(f"HTTP/1.1 {status} "), f"{path} {options}: {out[:80]}")
            must(("CN=client.example" in out.decode()) == (status == 200 and times == 1), f"{path}: {out}")
            must(report(errors)[0][counter] == times, f"{path}: {errors}")
            refused = status == 403 and times == 0 and counter == "renegotiations"
            must(report(errors)[0]["renegotiations_refused"] == refused, f"{path}: {errors}")


@test
def who_has_closed_is_not_asked_for_a_certificate():
    with Server("--http", "--request-client-cert", "--ca", pki("ca.pem")) as server:
        for _ in range(10):  # close_notify comes before the question, or in answer to it
            request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            out, _, _ = server.connect("--renegotiation", "accept", stdin=request)
            must(out.startswith(b"HTTP/1.1 403 "), out)


@test
def another_handshake_behind_the_first_carries_the_payload():
    payload = os.urandom(200000)
    for options, theirs, times in [(["--renegotiation", "accept"], ["--renegotiate"], 1), ([], ["--renegotiate"], 0),
                                   (["--renegotiate"], ["--renegotiation", "accept"], 1)]:
        with Server("--echo", *options) as server:
            out, errors, _ = server.connect(*theirs, "--json", stdin=payload)
            must(out == payload, f"{options}: {len(out)} bytes")
            must(report(errors)[0]["renegotiations"] == times, f"{options}: {errors}")
            must(("does not renegotiate" in errors) == (times == 0), errors)


@test
def many_connections_at_once_share_one_server():
    with Server("--echo", "--max-connections", "20") as server:
        context = ssl.create_default_context(cafile=pki("ca.pem"))
        peers = []
        for i in range(20):
            peers.append(context.wrap_socket(socket.create_connection(("127.0.0.1", server.port)), server_hostname="server.example"))
            peers[-1].settimeout(PATIENCE)
        with socket.create_connection(("127.0.0.1", server.port)) as waiting:
            waiting.settimeout(0.3)
            late = context.wrap_bio(ssl.MemoryBIO(), out := ssl.MemoryBIO(), server_hostname="server.example")
            try:
                late.do_handshake()
            except ssl.SSLWantReadError:
                pass
            waiting.sendall(out.read())
            try:
                must(waiting.recv(1) and False, "the limit of connections does not hold")
            except TimeoutError:
                pass
            for i, peer in enumerate(peers):
                peer.sendall(b"%d" % i)
                must(peer.recv(100) == b"%d" % i, "echo")
                peer.close()
            waiting.settimeout(PATIENCE)
            must(waiting.recv(1), "who waited is never served")


@test
def an_idle_connection_ends_after_its_time():
    with Server("--echo", "--idle-timeout", "1", "--count", "1") as server:
        began = time.monotonic()
        command = [PROGRAM, "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV) as client:
            must(client.wait(PATIENCE) == 0, "close_notify is a clean end")
        must(0.9 < time.monotonic() - began < 5, "not after a second")
        must(server.end()[0] == 0, "code")
    with Server("--echo", "--lifetime", "1", "--count", "1") as server:
        began = time.monotonic()
        with subprocess.Popen(command[:2] + [f"127.0.0.1:{server.port}"] + command[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=ENV) as client:
            os.set_blocking(client.stdout.fileno(), False)
            while client.poll() is None and time.monotonic() - began < 5:
                try:
                    client.stdin.write(b"still here\n")
                    client.stdin.flush()
                except BrokenPipeError:
                    pass
                time.sleep(0.05)
        must(0.9 < time.monotonic() - began < 4, "not after its lifetime")
    with Server("--echo") as server:
        with subprocess.Popen(command[:2] + [f"127.0.0.1:{server.port}"] + command[3:] + ["--idle-timeout", "1"], stdin=subprocess.PIPE,
                              env=ENV, stderr=subprocess.PIPE) as client:
            must(client.wait(PATIENCE) == 3 and b"idle time-out" in client.stderr.read(), "connect's own")


@test
def SIGTERM_drains_and_a_second_one_ends_at_once():
    command = lambda server: [PROGRAM, "connect", f"127.0.0.1:{server.port}", "--ca", pki("ca.pem"), "--sni", "server.example"]
    with Server("--echo") as server:
        with subprocess.Popen(command(server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV) as client:
            client.stdin.write(b"a")
            client.stdin.flush()
            must(client.stdout.read(1) == b"a", "echo")
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            must("no connection" in to(server.port, code=3)[1], "still accepts")
            client.stdin.write(b"b")
            client.stdin.flush()
            must(client.stdout.read(1) == b"b", "a connection that is alive is not left to finish")
            client.stdin.close()
            must(client.wait(PATIENCE) == 0, "the client's end")
        must(server.end()[0] == 0, "the server's code")
    with Server("--echo") as server:
        with subprocess.Popen(command(server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV, stderr=subprocess.PIPE) as client:
            client.stdin.write(b"a")
            client.stdin.flush()
            client.stdout.read(1)
            began = time.monotonic()
            server.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            server.process.send_signal(signal.SIGINT)
            must(server.end()[0] == 0 and time.monotonic() - began < 0.9, "not at once")
            must(client.wait(PATIENCE) == 1, "the client is cut off")


@test
def a_staple_that_changes_while_the_server_starts_is_read_again():
    def respond(out):
        with open(pki("ocsp-index"), "w", encoding="ascii") as f:
            f.write("V\t491231000000Z\t\t01\tunknown\t/CN=nobody\n")
        certificates.openssl("ocsp", "-index", pki("ocsp-index"), "-CA", pki("more-ca.pem"), "-rsigner", pki("more-ca.pem"), "-rkey", pki("more-ca.key"),
                             "-issuer", pki("more-ca.pem"), "-cert", pki("stapled.pem"), "-ndays", "7", "-noverify", "-respout", out)
    issue("stapled", "more-ca", "/CN=server.example", "serverAuth")
    respond(pki("staple"))
    respond(pki("newer"))
    os.mkfifo(a_file("keylog"))
    arguments = [PROGRAM, "serve", "127.0.0.1:0", "--cert", pki("stapled.pem"), "--key", pki("stapled.key"), "--staple", pki("staple"), "--keylog", a_file("keylog")]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENV) as server:
        end = threading.Timer(6, server.terminate)
        end.start()
        said = server.stderr.readline()
        must(b"unknown to the responder" in said, said)  # it has read the staple, and waits for somebody to read the key log
        os.rename(pki("newer"), pki("staple"))
        reader = os.open(a_file("keylog"), os.O_RDONLY | os.O_NONBLOCK)
        while b"read again" not in said:
            line = server.stderr.readline()
            must(line, f"it ended: {said}")
            said += line
        end.cancel()
        server.terminate()
        must(server.wait(PATIENCE) == 0, said)
        os.close(reader)


@test
def count_ends_with_the_code_of_the_first_that_failed():
    with Server("--echo", "--count", "3", "-q") as server:
        server.connect()
        server.connect(ca="other-ca.pem", code=4)
        server.connect()
        code, errors = server.end()
        must(code == 1 and "client → server: unknown_ca (48)" in errors, (code, errors))
    with Server("--echo", "--once", "-q") as server:
        server.connect()
        code, errors = server.end()
        must(code == 0 and errors.count("\n") == 1, (code, errors))


@test
def a_unix_socket_serves_too():
    path = a_file("socket")
    arguments = [PROGRAM, "serve", f"unix:{path}", "--cert", pki("server.pem"), "--key", pki("server.key"), "--once"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, env=ENV) as server:
        must(b"listening on unix:" in server.stderr.readline(), "listening")
        out = run("connect", f"unix:{path}", "--ca", pki("ca.pem"), "--sni", "server.example", stdin=b"hello")[0]
        must(out == b"hello" and server.wait(PATIENCE) == 0, out)


@test
def a_unix_socket_needs_no_name_where_a_key_says_who_is_there():
    """RFC 7250 4.3: a raw public key has no name that could be compared, and none need be given."""
    path, key, public = a_file("raw.socket"), a_file("raw.key"), a_file("raw.pub")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    with subprocess.Popen([PROGRAM, "serve", f"unix:{path}", "--raw-key", key, "--once"], stderr=subprocess.PIPE, env=ENV) as server:
        must(b"listening on unix:" in server.stderr.readline(), "listening")
        errors = run("connect", f"unix:{path}", "--trust-key", public, "--ca", pki("ca.pem"), code=2)[1]
        must("give --sni NAME" in errors, errors)
        out, errors, code = run("connect", f"unix:{path}", "--trust-key", public, "--json", stdin=b"hello", code=None)
        server.terminate() if code else server.wait(PATIENCE)
        must(out == b"hello" and code == server.returncode == 0, errors)
        must(report(errors)[0]["peer_verified"] and report(errors)[0]["server_name"] is None, errors)


@test
def lists_decide_what_is_negotiated():
    with Server("--echo", "--alpn", "h2,http/1.1") as server:
        _, errors, _ = server.connect("--suites", "ECDHE-ECDSA-CHACHA20-POLY1305", "--groups", "secp256r1", "--alpn", "http/1.1", "--min", "1.2",
                                      "--max", "1.2", "--sigalgs", "ecdsa_secp256r1_sha256", "--json", "-v")
        line = report(errors)[0]
        must(line["suite"] == "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" and line["alpn"] == "http/1.1" and line["version"] == "TLS 1.2"
             and line["group"] == "secp256r1" and line["ems"] and line["secure_renegotiation"], line)
        must("TLS 1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 secp256r1" in errors, errors)
        _, errors, _ = server.connect("--alpn", "spdy/1", code=1)
        must("no_application_protocol (120)" in errors, errors)
        _, errors, _ = server.connect("--suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", code=1)
        must("handshake_failure (40)" in errors, errors)


@test
def the_demonstration_ends_well_with_and_without_a_folder():
    for options in [[], ["--pki", a_file("made")], ["--pki", a_file("made")], ["--pki", os.path.join(FOLDER, "pki")]]:
        out, errors, _ = run("demo", *options)
        text = out.decode()
        must("They meet again" in text and "the session is resumed" in text and "CertificateVerify" in text, text)
        last = text[text.rindex("First, client"):].replace("\n", " ").strip()
        must(len(re.findall(r"\.(?: |$)", last)) == 2 and errors == "", last)
    must(stat.S_IMODE(os.stat(a_file("made/client.key")).st_mode) == 0o600, "keys may be read by others")
    os.remove(a_file("made/ca.pem"))
    must("but not all" in run("demo", "--pki", a_file("made"), code=2)[1], "half a folder")


# ---- certificates, and the run ----

def issue(name, ca, subject, usage, end="20491231000000Z"):
    certificates.issue(pki(""), name, ca, subject, usage, "DNS:server.example", end)


def make_pki():
    """What tools/make-demo-pki makes, and certificates that must be refused."""
    folder = os.path.join(FOLDER, "pki")
    subprocess.run([os.path.join(TOP, "tools", "make-demo-pki"), folder], check=True, timeout=PATIENCE)
    for ca in ["other-ca", "more-ca"]:
        certificates.make_ca(folder, ca)
    with open(pki("ca.pem"), "a", encoding="ascii") as both, open(pki("more-ca.pem"), encoding="ascii") as more:
        both.write(more.read())  # make-demo-pki keeps no key to issue more with
    issue("expired", "more-ca", "/CN=server.example", "serverAuth", end="20200102000000Z")
    issue("markup", "more-ca", "/CN=<script>alert(1)<\\/script>", "clientAuth")
    issue("stranger", "other-ca", "/CN=stranger.example", "clientAuth")


def main():
    global FOLDER
    with tempfile.TemporaryDirectory(prefix="handfast-cli-") as FOLDER:
        make_pki()
        return play()


if __name__ == "__main__":
    sys.exit(main())
