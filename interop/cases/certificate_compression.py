# SPDX-License-Identifier: MIT
"""Certificate compression, RFC 8879: Chromium takes brotli. Debian's other stacks are built without, or ask for none (OpenSSL 3.0)."""

import shutil

from cases import LINE, Case
from handfast import Connect, Serve, identity, must, must_say, one
from peers import openssl, web

PACK = ["--max", "1.3", "--compress-certificate"]


def chromium(stage):
    ours = Serve(stage, *PACK, "--flow=list", mode="--http", count=0)
    program = shutil.which("chromium") or "chromium"
    argv = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    argv += ["--ignore-certificate-errors", f"--user-data-dir={stage.folder}/chromium", "--dump-dom"]
    browser = stage.start("chromium", [*argv, f"https://127.0.0.1:{ours.port}/"])
    browser.wait(30)
    must_say("the page", browser.stdout.decode(), "TLS_")
    ours.process.until(lambda: b"CompressedCertificate" in ours.process.stdout + ours.process.stderr, "CompressedCertificate in its picture")


def s_client_does_not_ask(stage):
    ours = Serve(stage, *PACK, mode="--http")
    client = openssl.client(stage, ours.port, tls="-tls1_3", stdin=web.REQUEST)
    client.wait()
    must("error", one(ours.finish(None)).get("error"), None)


def openssl_server(stage):
    server = openssl.server(stage, tls="-tls1_3", auth="request")
    ours = Connect(stage, server.port, *PACK, *identity(stage, "client-p256"), stdin="pipe")
    ours.ask(LINE, LINE.strip()[::-1])
    report = one(ours.finish(None))
    must("peer_certificate_compression", report.get("peer_certificate_compression"), None)


def cases():
    found = [
        Case("OpenSSL", "server", "certificate compression", "offered by us alone", s_client_does_not_ask),
        Case("OpenSSL", "client", "certificate compression", "offered by us alone", openssl_server),
    ]
    if shutil.which("chromium"):
        found.append(Case("Chromium", "server", "certificate compression", "brotli", chromium))
    return found
