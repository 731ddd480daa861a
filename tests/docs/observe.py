#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connections of others by the command line: flow tap and flow read. Prints TAP."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "interop"))
sys.dont_write_bytecode = True
import cli
from capture import Listener
from cli import PATIENCE, PROGRAM, Server, must, run, test

cli.tests.clear()
PAYLOAD = b"words that nobody else is to read\n"


class Tap:
    """handfast flow tap on a port of its choosing."""

    def __init__(self, target, *options):
        argv = [PROGRAM, "flow", "tap", "127.0.0.1:0", f"127.0.0.1:{target}", *options]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.ENV)
        first = self.process.stderr.readline().decode()
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", first)
        must(found, first)
        self.port = int(found.group(1))

    def finish(self, code):
        shown, errors = self.process.communicate(timeout=PATIENCE)
        must(self.process.returncode == code, f"expected exit {code}, seen {self.process.returncode}: {errors.decode()}")
        return shown.decode(), errors.decode()


def folder():
    return tempfile.mkdtemp(dir=cli.FOLDER)


def connect(port, keys, *options):
    got, _, _ = run("connect", f"127.0.0.1:{port}", "--sni", "server.example", "--ca", cli.pki("ca.pem"), "--max", "1.2", "--keylog", keys, *options, stdin=PAYLOAD)
    must(got == PAYLOAD, got)


def captured(*options):
    """A capture of one connection of ours, and the key log for it."""
    place = folder()
    keys, capture = os.path.join(place, "keys"), os.path.join(place, "capture.pcap")
    with Server() as server:
        listener = Listener(server.port)
        connect(listener.port, keys, *options)
        listener.thread.join(PATIENCE)
        listener.close()
    listener.write(capture)
    return capture, keys


def secrets_of(keys):
    with open(keys, encoding="ascii") as f:
        return [line.split()[2] for line in f]


@test
def flow_tap_passes_bytes_on_and_draws_what_passed():
    keys = os.path.join(folder(), "keys")
    with Server() as server:
        open(keys, "w", encoding="ascii").close()
        tap = Tap(server.port, "--count", "2", "--keylog", keys, "--require-decrypt", "--flow=list")
        connect(tap.port, keys)
        connect(tap.port, keys)
        shown, _ = tap.finish(0)
    must(shown.count("Finished protected by the keys of e1") >= 2, shown)
    must("connection 1, " in shown and "connection 2, " in shown, shown)
    must(not any(secret in shown.lower() for secret in secrets_of(keys)) and PAYLOAD.decode().strip() not in shown, shown)


@test
def flow_tap_draws_a_handshake_when_it_is_complete():
    """Not only when the connection has ended: with the secrets that one side logs meanwhile."""
    for version in ["1.2", "1.3"]:
        keys = os.path.join(folder(), "keys")
        open(keys, "w", encoding="ascii").close()
        with Server("--min", version, "--max", version, "--renegotiation", "accept" if version == "1.2" else "never") as server:
            tap = Tap(server.port, "--once", "--keylog", keys, "--require-decrypt", "--flow=list")
            argv = [PROGRAM, "connect", f"127.0.0.1:{tap.port}", "--sni", "server.example", "--ca", cli.pki("ca.pem"), "--keylog", keys,
                    "--min", version, "--max", version, *(["--renegotiate"] if version == "1.2" else [])]
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=cli.ENV) as client:
                seen, complete = "", 2 if version == "1.2" else 1
                while seen.count("For the server the handshake is complete") < complete:
                    line = tap.process.stdout.readline().decode()
                    must(line and client.poll() is None, f"the client has ended: {seen}")
                    seen += line
                client.stdin.write(PAYLOAD)  # it was open all the time
                client.stdin.close()
                must(client.stdout.read() == PAYLOAD, "the echo")
                client.wait(PATIENCE)
            rest, errors = tap.finish(0)
        must("ClientHello" in seen and "application data" not in seen, seen)
        must(", continued" in rest and "application data" in rest and errors == "", (rest, errors))
        must("NewSessionTicket" in seen + rest or version == "1.2", rest)


@test
def flow_tap_writes_one_log_for_one_connection():
    keys = os.path.join(folder(), "keys")
    open(keys, "w", encoding="ascii").close()
    with Server() as server:
        tap = Tap(server.port, "--count", "2", "--keylog", keys, "--flow=json")
        connect(tap.port, keys)
        connect(tap.port, keys)
        shown, _ = tap.finish(0)
    titles = [json.loads(line)["connection"] for line in shown.splitlines() if "connection" in json.loads(line)]
    must(sorted(titles) == [1, 2], titles)


@test
def flow_tap_says_what_it_could_not_read():
    with Server() as server:
        tap = Tap(server.port, "--once", "--require-decrypt")
        connect(tap.port, os.path.join(folder(), "keys"))
        shown, errors = tap.finish(7)
    must("ClientHello" in shown and "(Finished)" in shown, shown)
    must("records could not be read" in errors and "--keylog FILE" in errors, errors)


@test
def flow_tap_to_nobody_and_of_something_else():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    tap = Tap(port, "--once")
    with socket.create_connection(("127.0.0.1", tap.port)) as client:
        must(client.recv(1) == b"", "the tap cuts what it cannot pass on")
    _, errors = tap.finish(3)
    must("no connection to" in errors, errors)
    with socket.create_server(("127.0.0.1", 0)) as plain:
        tap = Tap(plain.getsockname()[1], "--once", "-v")
        with socket.create_connection(("127.0.0.1", tap.port)) as client:
            peer, _ = plain.accept()
            with peer:
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                must(peer.recv(100) == b"GET / HTTP/1.0\r\n\r\n", "what is passed on")
                peer.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                must(peer.recv(1) == b"", "half of the connection is closed, as the client did")
            must(client.recv(100) == b"HTTP/1.0 200 OK\r\n\r\n", "what comes back")
        _, errors = tap.finish(6)
    must("HTTP" in errors, errors)


@test
def flow_read_with_and_without_secrets():
    capture, keys = captured()
    shown, _, _ = run("flow", "read", capture, "--keylog", keys, "--require-decrypt", "--flow=list")
    must(b"Finished protected by the keys of e1" in shown and b"application data" in shown, shown)
    shown, errors, _ = run("flow", "read", capture, "--require-decrypt", code=7)
    must(b"ClientHello" in shown and "could not be read" in errors, errors)
    run("flow", "read", capture)  # it was not required
    with open(capture, "rb") as f:
        shown, _, _ = run("flow", "read", "-", "--keylog", keys, "--require-decrypt", stdin=f.read())
    must(b"Finished" in shown, shown)
    shown, _, _ = run("flow", "read", capture, capture, "--connection", "2", "--flow=compact")
    must(shown.count(b"connection ") == 1 and shown.startswith(b"connection 2"), shown)
    shown, _, _ = run("flow", "read", capture, "--filter", "tcp port 443", "--flow=compact")
    must(b"ServerHello" in shown, shown)
    run("flow", "read", capture, "--filter", "tcp port 444", code=6)


@test
def flow_diff_of_captures():
    full, keys = captured()
    again, more = captured()
    out, _, _ = run("flow", "diff", full, again, "--keylog", keys, "--keylog", more, "--require-decrypt")
    must(b"\n  client \xe2\x86\x92 server  ClientHello  clear\n" in out and b"Finished  e1" in out, out)
    _, errors, _ = run("flow", "diff", full, full)
    must("could not be read" in errors, errors)
    run("flow", "diff", full, full, "--require-decrypt", "-q", code=7)
    other, keys13 = captured("--suites", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")
    out, _, _ = run("flow", "diff", full, other, "--keylog", keys, "--keylog", keys13, code=5)
    must(b"cipher_suite: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in out and b"CHACHA20" in out, out)
    log = os.path.join(folder(), "log")
    with open(log, "wb") as f:
        f.write(run("flow", "read", full, "--keylog", keys, "--flow=json")[0])
    run("flow", "diff", full, log, "--keylog", keys)
    run("flow", "diff", full, full, "--connection", "2", code=6)


@test
def flow_read_of_what_cannot_be_read():
    capture, keys = captured()
    empty, words = os.path.join(folder(), "empty"), os.path.join(folder(), "words")
    open(empty, "w", encoding="ascii").close()
    with open(words, "w", encoding="ascii") as f:
        f.write("these are no packets\n")
    for bad in [empty, words, "/nonexistent/file"]:
        _, errors, _ = run("flow", "read", bad, code=6)
        must(bad in errors, errors)
    run("flow", "read", capture, "--keylog", "/nonexistent/keys", code=6)
    _, errors, _ = run("flow", "read", capture, "--keylog", words)
    must("has no secret" in errors, errors)
    with open(words, "w", encoding="ascii") as f:
        f.write("CLIENT_RANDOM 00 00\n")
    _, errors, _ = run("flow", "read", capture, "--keylog", words)
    must("1 line is passed over" in errors, errors)
    _, errors, _ = run("flow", "read", capture, "--filter", "no such words", code=2)
    must("filter" in errors, errors)
    run("flow", "read", code=2)
    with open(capture, "rb") as f:
        whole = f.read()
    cut = os.path.join(folder(), "cut.pcap")
    with open(cut, "wb") as f:
        f.write(whole[:-7])
    shown, errors, _ = run("flow", "read", cut, "--keylog", keys)
    must("breaks off" in errors and b"ClientHello" in shown, errors)


@test
def flow_read_draws_event_logs_again():
    scenarios = [line.split()[0] for line in run("flow", "self", "--list")[0].decode().splitlines()]
    log = os.path.join(folder(), "log")
    compared = 0
    for scenario in scenarios:
        wanted, _, _ = run("flow", "self", scenario, "--flow=json")
        for form in ["json", "sqlog", "qlog"]:
            shown, _, _ = run("flow", "self", scenario, f"--flow={form}")
            with open(log, "wb") as f:
                f.write(shown)
            again, _, _ = run("flow", "read", log, "--flow=json")
            must(again == wanted, f"{scenario} by way of {form}")
            compared += 1
        ladder, _, _ = run("flow", "self", scenario, "--flow=compact")
        again, _, _ = run("flow", "read", log, "--flow=compact")
        must(again.splitlines()[1:] == ladder.splitlines()[1:], f"the picture of {scenario}")
    must(compared == 3 * len(scenarios) > 30, compared)
    with open(log, "rb") as f:
        whole = f.read()
    for bad in [whole[: len(whole) // 2], b'{"event":"nonsense"}', b"[" * 1000, b'{"data":' * 1000, b"{}x"]:
        with open(log, "wb") as f:
            f.write(bad)
        run("flow", "read", log, code=6)


if __name__ == "__main__":
    sys.exit(cli.main())
