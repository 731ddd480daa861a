#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several tickets of a server in one file, each for one connection (RFC 8446 4.6.1, C.4): connect --keep-tickets. Prints TAP."""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cli
from cli import Server, must, report, test

cli.tests.clear()
TLS13 = ["--min", "1.3", "--max", "1.3"]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, content):
    with open(path, "wb") as f:
        f.write(content)
    return path


def lengths(path):
    """Of each ticket: behind the magic they stand with their length in front."""
    content, found = read(path), []
    must(content[:4] == b"HFT\x01", content[:4])
    content = content[4:]
    while content:
        found.append(int.from_bytes(content[:4], "big"))
        content = content[4 + found[-1] :]
    return found


def earn(server, name, keep, *options):
    path = cli.a_file(name)
    server.connect(*TLS13, "--keep-tickets", keep, "--session-out", path, *options)
    return path


def come_back(server, path, *options, code=0):
    _, errors, _ = server.connect(*TLS13, "--session-in", path, "--json", *options, code=code)
    return report(errors)[0], errors


@test
def each_connection_takes_one_out():
    with Server(*TLS13, "--ticket-count", "4") as server:
        path = earn(server, "three", "3")
        must(len(lengths(path)) == 3 and os.stat(path).st_mode & 0o777 == 0o600, lengths(path))
        for left in (2, 1, 0):
            must(come_back(server, path)[0]["resumed"], "taken out and of use")
            must(len(lengths(path)) == left, lengths(path))
        told, errors = come_back(server, path)
        must(not told["resumed"] and "no ticket is left in it; the handshake is full" in errors, errors)


@test
def as_many_as_the_server_gives_and_no_more():
    with Server(*TLS13, "--ticket-count", "2") as server:
        must(len(lengths(earn(server, "two", "8"))) == 2, "of two")
        must(len(lengths(earn(server, "two", "8"))) == 4, "two more in front of two")
        must(len(lengths(earn(server, "two", "3"))) == 3, "three in all")
        one = cli.a_file("one")
        server.connect(*TLS13, "--session-out", one)
        must(read(one)[:4] == b"HFC\x01", "one session has the form that it had")


@test
def many_at_once_use_as_many():
    with Server(*TLS13, "--ticket-count", "8", "--early-data", "100") as server:
        path = earn(server, "eight", "8")
        early = write(cli.a_file("hello"), b"hello")
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda _: come_back(server, path, "--early-data", early), range(8)))
        must([(t["resumed"], t["early_data"]) for t, _ in told] == [(True, "accepted")] * 8, told)
        must(lengths(path) == [], lengths(path))


@test
def what_comes_back_goes_in_again():
    with Server(*TLS13, "--ticket-count", "2") as server:
        path = earn(server, "again", "4")
        for _ in range(5):  # takes one, and is given one for it
            must(come_back(server, path, "--keep-tickets", "4", "--session-out", path)[0]["resumed"], "resumed")
            must(len(lengths(path)) == 2, lengths(path))
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: come_back(server, path, "--keep-tickets", "4", "--session-out", path), range(2)))
        must(all(told["resumed"] for told, _ in both) and len(lengths(path)) == 2, both)


@test
def within_one_process_too():
    with Server(*TLS13, "--ticket-count", "3") as server:
        path = cli.a_file("process")
        _, errors, _ = server.connect(*TLS13, "--resume=3", "--keep-tickets", "3", "--session-out", path)
        must(errors.count("resumed by ticket") == 3, errors)
        must(len(lengths(path)) == 3, lengths(path))  # the three of the first, each used one replaced


@test
def sealed_each_by_itself():
    key, other = write(cli.a_file("key"), b"k" * 32), write(cli.a_file("other"), b"o" * 32)
    for path in key, other:
        os.chmod(path, 0o600)
    with Server(*TLS13) as server:
        path = earn(server, "sealed", "2", "--session-key", key)
        must(b"HFC" not in read(path), "in the clear")
        before = read(path)
        for options in ["--session-key", other], []:
            _, errors = come_back_refused(server, path, *options)
            must("session" in errors and read(path) == before, errors)
        must(come_back(server, path, "--session-key", key)[0]["resumed"], "with its key")
        must(len(lengths(path)) == 1, lengths(path))
        earn(server, "sealed", "4", "--session-key", other)  # what cannot be opened any more goes
        must(len(lengths(path)) == 2, lengths(path))


def come_back_refused(server, path, *options):
    _, errors, code = server.connect(*TLS13, "--session-in", path, *options, code=2)
    return code, errors


@test
def for_another_server_none_is_taken_out():
    with Server(*TLS13) as server, Server(*TLS13) as another:
        path = earn(server, "home", "2")
        before = read(path)
        told, errors = come_back(another, path)
        must(not told["resumed"] and "so it is not offered" in errors and read(path) == before, errors)
        must(come_back(server, path)[0]["resumed"], "at home")


@test
def a_file_that_is_none():
    with Server(*TLS13) as server:
        whole = read(earn(server, "whole", "2"))
        for broken in whole[:-1], whole[:6], whole + b"\0", b"HFT\x01" + whole[8:], b"HFT\x01" + (b"\0\0\0\0" * 9):
            path = write(cli.a_file("broken"), broken)
            come_back_refused(server, path)
            must(read(path) == broken, "left as it is")
        must(len(lengths(earn(server, "broken", "2"))) == 2, "and replaced by who saves there")


@test
def tls12_has_one_for_many_connections():
    with Server("--max", "1.2") as server:
        path = cli.a_file("older")
        server.connect("--keep-tickets", "3", "--session-out", path)
        for _ in range(3):
            told, _ = come_back_12(server, path)
            must(told["resumed"] and len(lengths(path)) == 1, told)


def come_back_12(server, path):
    _, errors, _ = server.connect("--session-in", path, "--keep-tickets", "3", "--session-out", path, "--json")
    return report(errors)[0], errors


@test
def how_many():
    for wrong in "0", "9":
        _, errors, _ = cli.run("connect", "a:1", "--keep-tickets", wrong, code=2)
        must(f"--keep-tickets takes 1 to 8, not {wrong}" in errors, errors)


if __name__ == "__main__":
    sys.exit(cli.main())
