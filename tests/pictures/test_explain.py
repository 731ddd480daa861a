#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flow explain: handshakes that fail for a known cause, and what is said of them. Prints TAP."""
import os
import re
import socket
import subprocess
import sys
import threading

import pictures
from pictures import must, pki, test, tool


def explained(text):
    """{rule: (sureness, what it says on one line)}"""
    found = {}
    for sure, rule, body in re.findall(r"^(certain|likely): ([a-z-]+)\n((?:    .*\n?)+)", text, re.M):
        found[rule] = (sure, " ".join(body.split()))
    return found


def client(server, *options, code):
    return explained(server.connect("--flow=explain", "--width", "100", *options, code=code)[1])


def expect(found, rule, sure, *words):
    must(rule in found, f"{rule} is silent: {found}")
    must(found[rule][0] == sure, f"{rule} is {found[rule][0]}: {found}")
    for word in words:
        must(word in found[rule][1], f"{rule} does not say {word!r}: {found[rule][1]}")


@test
def who_rejected_whom_and_why():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    f"{pictures.folder}/other.key", "-out", f"{pictures.folder}/other.pem", "-subj", "/CN=other"],
                   check=True, capture_output=True, timeout=pictures.PATIENCE)
    pki("ca.pem")
    with pictures.Server("--echo") as server:
        arguments = [pictures.TOOL, "connect", server.address, "--ca", f"{pictures.folder}/other.pem", "--sni", "server.example", "--flow=explain"]
        done = subprocess.run(arguments, input=b"", capture_output=True, env=pictures.ENV, timeout=pictures.PATIENCE)
        found = explained(done.stderr.decode())
        expect(found, "failed", "certain", "The client ended it", "does not lead to a trusted certificate", "RFC 5280 6.1", "Remedy: give the issuing CA")
        expect(found, "alert", "certain", "client → server: unknown_ca (48)", "the server's certificate was refused by the client")
        expect(found, "missing-intermediate", "likely", "The server sent one certificate")


@test
def a_name_that_is_not_in_the_certificate():
    arguments = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pki("server.pem"), "-key", pki("server.key"), "-tls1_2", "-naccept", "1"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        line = ""
        while not (found := re.match(r"ACCEPT .*:(\d+)", line)):
            line = server.stdout.readline().decode()
            must(line, "openssl s_server does not listen")
        arguments = [pictures.TOOL, "connect", f"127.0.0.1:{found.group(1)}", "--ca", pki("ca.pem"), "--sni", "elsewhere.example", "--flow=explain"]
        done = subprocess.run(arguments, input=b"", capture_output=True, env=pictures.ENV, timeout=pictures.PATIENCE)
        server.communicate(timeout=pictures.PATIENCE)
    expect(explained(done.stderr.decode()), "failed", "certain", "not for the name asked for", "RFC 6125 6")


@test
def an_empty_client_certificate_against_the_CAs_offered():
    with pictures.Server("--echo", "--client-auth", "require", "--ca", pki("ca.pem"), "--max", "1.2") as server:
        found = client(server, code=None)
        expect(found, "empty-client-certificate", "certain", "handfast demo CA", "the server requires one", "RFC 5246 7.4.6")
        expect(found, "alert", "certain", "server → client: handshake_failure (40)")


@test
def nothing_in_common_prints_what_was_offered():
    with pictures.Server("--echo", "--max", "1.2") as server:
        found = client(server, "--suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "--groups", "x25519", "--max", "1.2", code=1)
        expect(found, "nothing-in-common", "likely", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "x25519", "ed25519", "RFC 5246 7.4.1.3")


def against(answer, *options):
    """What connect explains of a peer that answers so and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def peer():
            with listener.accept()[0] as conn:
                conn.recv(65536)
                conn.sendall(answer)
        thread = threading.Thread(target=peer)
        thread.start()
        arguments = [pictures.TOOL, "connect", f"127.0.0.1:{listener.getsockname()[1]}", "--insecure", "--sni", "x.example", "--flow=explain", *options]
        done = subprocess.run(arguments, input=b"", capture_output=True, env=pictures.ENV, timeout=pictures.PATIENCE)
        thread.join()
        return explained(done.stderr.decode())


@test
def a_peer_that_speaks_something_else_or_nothing():
    expect(against(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "failed", "certain", "plain HTTP", "the port that speaks https")
    expect(against(b"SSH-2.0-OpenSSH_9.2\r\n"), "failed", "certain", "SSH")
    expect(against(b""), "closed-in-handshake", "certain", "The server closed the connection", "behind the client's ClientHello")


@test
def a_peer_that_speaks_something_else_seen_from_outside():
    """The same out of what a tap saw, and out of its event log."""
    for answer, what in [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "The server speaks plain HTTP"), (b"SSH-2.0-OpenSSH_9.2\r\n", "The server speaks SSH")]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            arguments = [pictures.TOOL, "flow", "tap", "127.0.0.1:0", f"127.0.0.1:{listener.getsockname()[1]}", "--once", "--flow=json"]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=pictures.ENV) as tap:
                port = int(tap.stderr.readline().decode().rsplit(":", 1)[1])
                client = subprocess.Popen([pictures.TOOL, "connect", f"127.0.0.1:{port}", "--insecure", "--sni", "x.example"], stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=pictures.ENV)
                with listener.accept()[0] as conn:
                    conn.recv(65536)
                    conn.sendall(answer)
                log = tap.communicate(timeout=pictures.PATIENCE)[0]
                client.wait(pictures.PATIENCE)
        found = explained(tool("flow", "explain", "-", "--width", "100", input=log))
        expect(found, "other-protocol", "certain", what, "RFC 5246 6.2.1", "Remedy: use")
        must("closed-in-handshake" not in found, found)


@test
def a_session_that_is_not_resumed():
    found = explained(tool("flow", "self", "resume-id-miss", "--flow=explain"))
    expect(found, "not-resumed", "certain", "not resumed", "Remedy: a full handshake is no failure")
    must("Nothing went wrong" in tool("flow", "self", "full", "--flow=explain"), "a good handshake is explained")


@test
def every_message_step_and_alert_is_explained_from_the_tables():
    with open(os.path.join(pictures.TOP, "include/handfast/alerts.def"), encoding="ascii") as f:
        alerts = re.findall(r"^ALERT\((\w+), (\d+)\)", f.read(), re.M)
    must(len(alerts) > 30, alerts)
    for name, number in alerts:
        must(f"{name}, alert {number}\n" in tool("flow", "explain", name) == tool("flow", "explain", number), name)
    names = set()
    for scenario in pictures.scenarios():
        names |= set(re.findall(r'"name":"([^"]+)"', tool("flow", "spec", scenario, "--flow=json")))
    for name in names:
        text = tool("flow", "explain", name)
        must(name in text and ("sends it" in text or "does it" in text), f"{name}: {text}")
    must(len(names) > 20, names)
    must("RFC 5246 7.4.8" in tool("flow", "explain", "certificate-verify"), "another spelling")
    must("certificate_expired" not in tool("flow", "explain", "BAD_FINISHED") and "RFC 5246 7.4.9" in tool("flow", "explain", "BAD_FINISHED"), "an error")


@test
def every_rule_stands_in_the_manual_page():
    with open(os.path.join(pictures.TOP, "trace/explain_rules.c"), encoding="utf-8") as f:
        rules = re.findall(r'^    {"([a-z-]+)",', f.read(), re.M)
    with open(os.path.join(pictures.TOP, "docs/man/handfast-flow-explain.1"), encoding="utf-8") as f:
        page = f.read().replace("\\-", "-")
    must(len(rules) > 16, rules)
    must(re.findall(r"^\.B ([a-z-]+)$", page[page.index(".SS Rules"):page.index(".SH OPTIONS")], re.M) == rules, rules)


sys.exit(pictures.main())
