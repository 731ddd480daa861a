#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""handfast serve --http shows a real browser the handshake that it just made: loaded, reloaded, clicked. Prints TAP."""
import json
import os
import shutil
import subprocess
import sys

import pictures
from pictures import must, pki, test

NAMES = "[...document.querySelectorAll('.ladder li[id] b')].map(b => b.textContent)"
FACTS = "Object.fromEntries([...document.querySelectorAll('.facts tr')].map(r => [...r.children].map(c => c.textContent)))"


def trusting(*options):
    """A browser whose profile trusts the CA, by NSS's own database."""
    if not shutil.which("certutil"):
        raise pictures.Skip("no certutil: ./dev setup test installs libnss3-tools")
    return pictures.Browser(*options, prepare=prepare)


def prepare(profile):
    store = os.path.join(profile, ".pki", "nssdb")
    os.makedirs(store)
    for arguments in [["certutil", "-d", f"sql:{store}", "-N", "--empty-password"],
                      ["certutil", "-d", f"sql:{store}", "-A", "-n", "demo", "-t", "C,,", "-i", pki("ca.pem")]]:
        subprocess.run(arguments, check=True, capture_output=True, timeout=pictures.PATIENCE)
    subprocess.run(["openssl", "pkcs12", "-export", "-in", pki("client.pem"), "-inkey", pki("client.key"), "-out", f"{profile}/me.p12",
                    "-passout", "pass:x", "-name", "me"], check=True, capture_output=True, timeout=pictures.PATIENCE)
    subprocess.run(["pk12util", "-d", f"sql:{store}", "-i", f"{profile}/me.p12", "-W", "x", "-K", ""], check=True, capture_output=True,
                   timeout=pictures.PATIENCE)
    # Which certificate to show is answered for the person who does not sit there.
    os.makedirs(os.path.join(profile, "Default"))
    chosen = {"*,*": {"setting": {"filters": [{}]}}, "https://localhost,*": {"setting": {"filters": [{}]}}}
    with open(os.path.join(profile, "Default", "Preferences"), "w", encoding="ascii") as f:
        json.dump({"profile": {"content_settings": {"exceptions": {"auto_select_certificate": chosen}}}}, f)


def url(server, path="/"):
    return f"https://localhost:{server.address.rsplit(':', 1)[1]}{path}"


def only_ours(browser, server):
    foreign = [r for r in browser.requests if not r.startswith(url(server, "")) and not r.startswith("data:")]
    must(not foreign, f"requests elsewhere: {foreign}")
    must(not [s for s in browser.said if "favicon" not in s], f"the browser complains: {browser.said}")


@test
def a_browser_sees_its_handshake_and_on_reload_its_resumption():
    load_and_reload("TLS 1.3", "{Certificate}", "{Finished}")


@test
def a_handshake_of_TLS_1_2_and_its_resumption():
    load_and_reload("TLS 1.2", "Certificate", "Finished", "--max", "1.2")


def load_and_reload(version, certificate, finished, *options):
    with pictures.Server("--http", *options) as server, trusting() as browser:
        browser.go(url(server))
        first, facts = browser.run(NAMES), browser.run(FACTS)
        must(first[:2] == ["ClientHello", "ServerHello"] and certificate in first and first.count(finished) == 2, first)
        must(facts["Resumed"] == "no" and facts["Version"] == version, facts)
        browser.click("#m1 summary b")
        browser.until("document.querySelector('#m1 details').open")
        must("server_name" in browser.run("document.querySelector('#m1').textContent"), "the hello's fields are not there")
        browser.shot("serve-first.png")
        for _ in range(3):  # Chromium keeps what it opened for an empty tab apart: its second connection may be a full one too
            browser.reload()
            if browser.run(FACTS)["Resumed"] == "yes":
                break
        again, facts = browser.run(NAMES), browser.run(FACTS)
        must(facts["Resumed"] == "yes", facts)
        must(certificate not in again and again.count(finished) == 2 and "resumed" in browser.run("document.querySelector('.ladder').textContent"), again)
        png = browser.shot("serve-reloaded.png")
        must(png[:8] == b"\x89PNG\r\n\x1a\n" and len(png) > 20000, "nothing to be seen")
        only_ours(browser, server)
    must("close_notify" not in "".join(server.said), "a browser that closes as browsers do is called a failure")


@test
def the_button_renegotiates():
    with pictures.Server("--http", "--renegotiation", "when-we-ask", "--max", "1.2") as server, trusting() as browser:
        browser.go(url(server))
        must(browser.run("document.querySelectorAll('form button').length") == 1, "no button")
        browser.load(lambda: browser.click("form button"))
        names = browser.run("[...document.querySelectorAll('.ladder .box b')].map(b => b.textContent)")
        must(names[:2] == ["ClientHello", "ServerHello"] and "Finished" in names, f"no handshake in the box: {names}; {browser.run(NAMES)}")
        must("inside e1" in browser.run("document.querySelector('.box').textContent"), "the box does not say what it is")
        must("HelloRequest" in browser.run(NAMES), browser.run(NAMES))
        browser.shot("serve-renegotiated.png")
        only_ours(browser, server)


@test
def without_renegotiation_the_reason_is_there_instead_of_the_button():
    with pictures.Server("--http") as server, trusting() as browser:
        browser.go(url(server))
        text = browser.run("document.body.textContent")
        must(browser.run("document.querySelector('form')") is None and "No other handshake can follow" in text, text[:1000])


@test
def a_handshake_of_TLS_1_3_is_shown_too():
    """RFC 8446 2, figure 1; it has no renegotiation (RFC 8446 4.1.2), so there is no button."""
    with pictures.Server("--http", "--max", "1.3", "--renegotiation", "when-we-ask") as server, trusting() as browser:
        browser.go(url(server))
        names, facts = browser.run(NAMES), browser.run(FACTS)
        must(facts["Version"] == "TLS 1.3" and "Secure renegotiation" not in facts, facts)
        must(names[:2] == ["ClientHello", "ServerHello"] and names.count("{Finished}") == 2 and "{EncryptedExtensions}" in names, names)
        text = browser.run("document.body.textContent")
        must("no renegotiation (RFC 8446 4.1.2)" in text and "{ } under the keys of the handshake" in text, text[:1500])
        must(browser.run("document.querySelector('form')") is None, "a button that can do nothing")
        browser.shot("serve-13.png")
        only_ours(browser, server)


@test
def the_client_certificate_is_shown_when_it_is_given():
    for options, message in [([], "{CertificateVerify}"), (["--max", "1.2"], "CertificateVerify")]:
        with pictures.Server("--http", "--client-auth", "request", "--ca", pki("ca.pem"), *options) as server, trusting() as browser:
            browser.go(url(server))
            must(browser.run(FACTS)["Client certificate"] == "CN=client.example", browser.run(FACTS))
            must(message in browser.run(NAMES), browser.run(NAMES))
            browser.shot("serve-certificate.png")


@test
def it_works_without_a_script():
    with pictures.Server("--http", "--renegotiation", "when-we-ask", "--max", "1.2") as server, trusting() as browser:
        browser.without_scripts()
        browser.go(url(server))
        browser.click("#m1 summary b")
        browser.until("document.querySelector('#m1 details').open")
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        count = lambda what: len(browser.call("DOM.querySelectorAll", nodeId=root, selector=what)["nodeIds"])
        must(count(".ladder li[id]") > 5 and count("details[open]") == 1 and count(".bar button") == 0, "the page needs its script")
        browser.load(lambda: browser.click("form button"))
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        must(count(".box li[id]") > 5, "the button needs the script")
        only_ours(browser, server)


sys.exit(pictures.main())
