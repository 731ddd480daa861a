#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flow explain: certificates that are refused, between OpenSSL's client and server, seen by a tap; the same out of the event log. Prints TAP.

Of each the log is kept as a golden with its explanation: --update writes both anew (look at the difference before it is committed).
"""
import os
import re
import subprocess
import sys

import pictures
from pictures import must, test

sys.path.insert(0, os.path.join(pictures.TOP, "tests", "support"))
import certificates  # noqa: E402
from certificates import openssl  # noqa: E402

GOLDEN = os.path.join(pictures.TOP, "tests", "golden")
SUBJECT = "/CN=server.example"


def at(name):
    return os.path.join(pictures.folder, name)


def issue(name, ca, subject=SUBJECT, extensions="subjectAltName=DNS:server.example", start="20200101000000Z", end="20491231000000Z"):
    with open(at(f"{name}.cnf"), "w", encoding="ascii") as f:
        f.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={at('index')}\nnew_certs_dir={pictures.folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
                f"unique_subject=no\n[p]\ncommonName=supplied\n[e]\n{extensions}\n")
    open(at("index"), "w", encoding="ascii").close()
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout", at(f"{name}.key"), "-out", at(f"{name}.csr"))
    openssl("ca", "-batch", "-notext", "-config", at(f"{name}.cnf"), "-in", at(f"{name}.csr"), "-cert", at(f"{ca}.pem"), "-keyfile", at(f"{ca}.key"),
            "-extensions", "e", "-startdate", start, "-enddate", end, "-out", at(f"{name}.pem"))


def make_pki():
    if os.path.exists(at("root.pem")):
        return
    certificates.make_ca(pictures.folder, "root")
    issue("middle", "root", "/CN=middle", "basicConstraints=critical,CA:TRUE")
    issue("below", "middle", "/CN=below", "basicConstraints=critical,CA:TRUE")
    issue("leaf", "below")
    issue("over", "root", end="20200102000000Z")
    issue("early", "root", start="20480101000000Z")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", SUBJECT,
            "-addext", "subjectAltName=DNS:server.example", "-keyout", at("own.key"), "-out", at("own.pem"))


def chain(name, *parts):
    with open(at(name), "w", encoding="ascii") as f:
        f.write("".join(open(at(f"{part}.pem"), encoding="ascii").read() for part in parts))
    return at(name)


def explained(text):
    """{rule: (sureness, what it says on one line)}"""
    return {rule: (sure, " ".join(body.split())) for sure, rule, body in re.findall(r"^(certain|likely): ([a-z-]+)\n((?:    .*\n?)+)", text, re.M)}


def listening(stream, pattern):
    said = ""
    while not (found := re.search(pattern, said)):
        line = stream.readline().decode()
        must(line, f"nobody listens: {said}")
        said = line
    return found.group(1)


def between(leaf, intermediates, *client, version="-tls1_2"):
    """The event log of a handshake between OpenSSL's two sides."""
    make_pki()
    server = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", at(f"{leaf}.pem"), "-key", at(f"{leaf}.key"), version, "-naccept", "1"]
    server += ["-cert_chain", chain("chain", *intermediates), "-no-CAfile", "-no-CApath"] if intermediates else []
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as s_server:
        port = listening(s_server.stdout, r"ACCEPT .*:(\d+)")
        arguments = [pictures.TOOL, "flow", "tap", "127.0.0.1:0", f"127.0.0.1:{port}", "--once", "--flow=json", "--keylog", at("keys"), "-q"]
        open(at("keys"), "w", encoding="ascii").close()
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=pictures.ENV) as tap:
            here = listening(tap.stderr, r"listening on 127.0.0.1:(\d+)")
            s_client = ["openssl", "s_client", "-connect", f"127.0.0.1:{here}", "-CAfile", at("root.pem"), "-verify_return_error", version,
                        "-servername", "server.example", "-keylogfile", at("keys"), *client]
            subprocess.run(s_client, input=b"", capture_output=True, timeout=pictures.PATIENCE)
            log = tap.communicate(timeout=pictures.PATIENCE)[0]
        s_server.communicate(timeout=pictures.PATIENCE)
    with open(at("log"), "wb") as f:
        f.write(log)
    return explained(pictures.tool("flow", "explain", at("log"), "--width", "100"))


def golden(name):
    """What was recorded once is explained as it was then."""
    path = os.path.join(GOLDEN, f"explain-{name}")
    if "--update" in sys.argv:
        with open(at("log"), "rb") as log, open(f"{path}.json", "wb") as f:
            f.write(log.read())
        text = pictures.tool("flow", "explain", f"explain-{name}.json", "--width", "100", cwd=GOLDEN)
        with open(f"{path}.explain", "w", encoding="utf-8") as f:
            f.write(text)
    must(pictures.tool("flow", "explain", f"explain-{name}.json", "--width", "100", cwd=GOLDEN) == open(f"{path}.explain", encoding="utf-8").read(), path)


def expect(found, rule, sure, *words):
    must(rule in found, f"{rule} is silent: {found}")
    must(found[rule][0] == sure, f"{rule} is {found[rule][0]}: {found}")
    for word in words:
        must(word in found[rule][1], f"{rule} does not say {word!r}: {found[rule][1]}")
    must("Remedy: " in found[rule][1] and "RFC" in found[rule][1], found[rule][1])


@test
def an_expired_certificate_and_one_that_is_not_valid_yet():
    """RFC 5280 4.1.2.5, with the clock beside the dates."""
    for version in ["-tls1_2", "-tls1_3"]:
        found = between("over", [], version=version)
        expect(found, "certificate-expired", "certain", "The server's certificate CN=server.example was valid until 2020-01-02 00:00:00 UTC; the clock here said 20")
        must("certificate-not-yet-valid" not in found and "clocks-differ" not in found, found)
    golden("expired")
    found = between("early", [])
    expect(found, "certificate-not-yet-valid", "certain", "is not valid before 2048-01-01 00:00:00 UTC; the clock here said 20")
    must("certificate-expired" not in found, found)
    golden("not-yet-valid")


@test
def a_client_whose_clock_is_wrong():
    found = between("leaf", ["below", "middle"], "-attime", "2600000000")
    expect(found, "clocks-differ", "likely", "The client says that a certificate has expired", "from 2020-01-01 00:00:00 UTC until 2049-12-31", "the clock here said 20")
    must("certificate-expired" not in found, found)
    golden("clocks-differ")


@test
def a_chain_out_of_order():
    """RFC 5246 7.4.2: each following certificate MUST directly certify the one preceding it."""
    found = between("leaf", ["middle", "below"])
    expect(found, "chain-order", "certain", "number 1 of 3", "the leaf first")
    must("missing-intermediate" not in found, found)
    golden("chain-order")


@test
def an_intermediate_that_was_not_sent():
    found = between("leaf", ["middle"])
    expect(found, "missing-intermediate", "certain", "The server's chain has a gap: the issuer of certificate 1 of 2, CN=below, is not among")
    must("chain-order" not in found, found)
    golden("gap")
    found = between("leaf", [])
    expect(found, "missing-intermediate", "likely", "The server sent one certificate and no intermediate; its issuer, CN=below, is not known to the client")


@test
def a_certificate_that_nobody_else_vouches_for():
    found = between("own", [])
    expect(found, "self-signed", "certain", "The server's only certificate names itself as its issuer")
    must("missing-intermediate" not in found, found)
    golden("self-signed")


@test
def a_certificate_for_another_name():
    """RFC 6125 6.4"""
    found = between("leaf", ["below", "middle"], "-servername", "elsewhere.example", "-verify_hostname", "elsewhere.example")
    expect(found, "name-mismatch", "certain", "The client asked for elsewhere.example, and the server's certificate is for server.example; the client refused it")
    golden("name-mismatch")


@test
def a_chain_that_is_right_is_passed_over():
    found = between("leaf", ["below", "middle"])
    must(found == {}, found)


sys.exit(pictures.main())
