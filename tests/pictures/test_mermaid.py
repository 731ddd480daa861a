#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mermaid: every diagram is read and drawn by Mermaid itself, its npm package, in a browser. Prints TAP."""
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

import pictures
from pictures import must, test

VERSION = "11.17.2"
KEPT = os.path.join(pictures.BUILD, f"mermaid-{VERSION}.js")


def mermaid():
    """The package's one file for browsers, fetched once; HF_MERMAID names another."""
    if path := os.environ.get("HF_MERMAID"):
        return path
    if os.path.exists(KEPT):
        return KEPT
    if not shutil.which("npm"):
        raise pictures.Skip("npm is not installed, and HF_MERMAID names no mermaid.min.js")
    with tempfile.TemporaryDirectory(prefix="mermaid-") as folder:
        fetched = subprocess.run(["npm", "pack", "--silent", f"mermaid@{VERSION}"], cwd=folder, capture_output=True, timeout=pictures.PATIENCE)
        if fetched.returncode != 0:
            raise pictures.Skip(f"npm cannot fetch mermaid@{VERSION}: {fetched.stderr.decode('utf-8', 'replace').strip()[-200:]}")
        with tarfile.open(os.path.join(folder, f"mermaid-{VERSION}.tgz")) as package:
            script = package.extractfile("package/dist/mermaid.min.js").read()
    with open(KEPT + ".new", "wb") as f:
        f.write(script)
    os.replace(KEPT + ".new", KEPT)
    return KEPT


PAGE = """<!doctype html><meta charset="utf-8"><title>mermaid</title><div id="picture"></div><script src="file://%s"></script>
<script>mermaid.initialize({startOnLoad: false, maxTextSize: 1000000});
async function judge(text) {
  try { await mermaid.parse(text); } catch (problem) { return String(problem.message || problem); }
  return '';
}
async function draw(text) { return (await mermaid.render('drawn', text)).svg; }</script>"""


def open_page(browser):
    path = os.path.join(pictures.folder, "mermaid.html")
    with open(path, "w", encoding="utf-8") as f:
        f.write(PAGE % mermaid())
    browser.go("file://" + path)


@test
def every_scenario_is_read_by_mermaid():
    mermaid()
    with pictures.Browser("--allow-file-access-from-files") as browser:
        open_page(browser)
        must(browser.run("judge('sequenceDiagram\\n C->>: x')") != "", "mermaid finds no fault where there is one")
        for name, text in pictures.every_picture("mermaid"):
            fault = browser.run(f"judge({json.dumps(text)})")
            must(fault == "", f"{name}: {fault}\n{text}")


@test
def it_draws_what_is_written():
    mermaid()
    with pictures.Browser("--allow-file-access-from-files") as browser:
        open_page(browser)
        text = pictures.tool("flow", "self", "supplemental-double", "--flow=mermaid")
        browser.run(f"draw({json.dumps(text)}).then(svg => {{ document.getElementById('picture').innerHTML = svg; }})")
        words = browser.run("[...document.querySelectorAll('#picture text')].map(t => t.textContent).join('\\n')")
        for wanted in ["[ChangeCipherSpec] (clear, 1 byte)", "another handshake, inside e1", "SupplementalData (e1, 40 bytes)", "validate the peer's"]:
            must(wanted in words, f"{wanted} is not drawn:\n{words}")
        browser.shot("mermaid.png")


@test
def words_from_outside_cannot_leave_their_label():
    """The address is the title of a connection's picture."""
    mermaid()
    counts = set()
    with pictures.Browser("--allow-file-access-from-files") as browser:
        open_page(browser)
        for word in ["a;b", "a#quot;b", "end", "%% comment", "a\nC->>S: forged", "<script>x<", "}%%{init", "&lt;", "\"`"]:
            with pictures.Server("--echo", name=word) as server:
                _, said = server.connect("--flow=mermaid")
                text = said[said.index("sequenceDiagram"):]
                must(browser.run(f"judge({json.dumps(text)})") == "", f"{word!r}: {text}")
                drawn = browser.run(f"draw({json.dumps(text)})")
                must("<script" not in drawn, f"{word!r}: {drawn}")
                counts.add(drawn.count('class="messageText"'))
    must(len(counts) == 1, f"a word makes an arrow: {counts}")


sys.exit(pictures.main())
