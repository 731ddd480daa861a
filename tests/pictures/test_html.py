#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTML: one page without a request, whole without JavaScript, with keys, links and both colour schemes. Prints TAP."""
import base64
import hashlib
import html.parser
import os
import re
import sys

import pictures
from pictures import must, test, tool

MOST = 300_000
EMPTY = {"meta", "br", "hr", "input", "link", "img"}


class Page(html.parser.HTMLParser):
    """What is in a page; fails where a tag is not closed in its place."""

    def __init__(self, name, text):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.ids, self.targets, self.tags, self.attributes = name, [], [], [], set(), set()
        self.inside, self.policy = {"style": [], "script": []}, None
        self.feed(text)
        self.close()
        must(not self.open, f"{name}: not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.add(tag)
        self.attributes.update(values)
        if "id" in values:
            self.ids.append(values["id"])
        if "href" in values:
            self.targets.append(values["href"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        must(self.open and self.open[-1] == tag, f"{self.name}: </{tag}> closes {self.open[-3:]} at {self.getpos()}")
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inside:
            self.inside[self.open[-1]].append(data)


def hashed(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


@test
def every_scenario_is_one_page_without_a_request():
    for name, text in pictures.every_picture("html"):
        must(len(text.encode()) < MOST, f"{name}: {len(text.encode())} bytes")
        page = Page(name, text)
        must(len(page.ids) == len(set(page.ids)), f"{name}: an id stands twice: {sorted(i for i in page.ids if page.ids.count(i) > 1)[:3]}")
        must(page.targets and all(t[0] == "#" and t[1:] in page.ids for t in page.targets), f"{name}: a link leads nowhere")
        must(not page.tags & {"img", "link", "iframe", "object", "embed", "svg", "video", "audio"}, f"{name}: {page.tags}")
        must(not any(a.startswith("on") or a in ("style", "src", "srcset") for a in page.attributes), f"{name}: {page.attributes}")
        must(not re.search(r"url\(|@import|https?:", text), f"{name} names something outside")
        must(" id=m1 " in text and "<html lang=en>" in text, name)


@test
def its_policy_allows_its_own_bytes_only():
    """A stylesheet or a script that was changed needs its hash in trace/page_policy.c."""
    page = Page("full", tool("flow", "self", "full", "--flow=html"))
    style, script = hashed("".join(page.inside["style"])), hashed("".join(page.inside["script"]))
    must(page.policy.startswith("default-src 'none'; ") and "unsafe" not in page.policy, page.policy)
    must(f"style-src {style};" in page.policy, f"trace/page.css has the hash {style}; the policy says {page.policy}")
    must(f"script-src {script};" in page.policy, f"trace/page.js has the hash {script}; the policy says {page.policy}")


def open_page(browser, scenario, fragment=""):
    path = f"{pictures.folder}/{scenario}.html"
    with open(path, "w", encoding="utf-8") as f:
        f.write(tool("flow", "self", scenario, "--flow=html"))
    browser.go(f"file://{path}{fragment}")
    return f"file://{path}"


def opened(browser):
    return browser.run("[...document.querySelectorAll('details[open]')].map(d => d.parentElement.id)")


@test
def keys_move_between_messages_and_open_them():
    with pictures.Browser() as browser:
        url = open_page(browser, "mutual")
        must(opened(browser) == [], "messages are open from the start")
        browser.key("j")
        browser.key("j")
        must(browser.run("document.activeElement.closest('li').id") == "m2", "j goes to the next")
        browser.key("ArrowRight")
        must(opened(browser) == ["m2"], "the right arrow opens")
        browser.key("k")
        must(browser.run("document.activeElement.closest('li').id") == "m1", "k goes back")
        browser.key("e")
        every = browser.run("document.querySelectorAll('details').length")
        must(len(opened(browser)) == every > 10, "e opens all")
        browser.shot("html-open.png")
        browser.key("c")
        must(opened(browser) == [], "c closes all")
        browser.click("#m3 summary b")
        browser.until("document.querySelector('#m3 details').open")
        must(browser.requests == [url] and browser.said == [], (browser.requests, browser.said))


@test
def a_field_and_its_bytes_show_each_other():
    lit = "[...document.querySelectorAll('.on')].map(e => e.textContent)"
    with pictures.Browser() as browser:
        url = open_page(browser, "mutual", "#m1/random")
        must(opened(browser) == ["m1"], "the link opens its message")
        at = browser.run("(r => [r.top, innerHeight])(document.getElementById('m1/random').getBoundingClientRect())")
        must(-2 <= at[0] < at[1], f"the link does not lead there: {at}")
        random = browser.run("[...document.querySelectorAll('.b a')].find(a => a.hash === '#m1/random').textContent")
        must(len(random.split()) == 32, random)
        browser.point("[id='m1/version'] a")
        browser.until(f"String({lit}) === 'version,03 03'")
        browser.point(".b a[href='#m1/random']")
        browser.until(f"String({lit}) === 'random,{random}'")
        browser.point("[id='m1/cipher_suites'] > a")  # a list lights all that is in it
        browser.until(f"{lit}.length > 5 && {lit}.includes('c0 2b')")
        browser.shot("html-hover.png")
        browser.run("document.querySelector('[id=\"m1/random\"] a').focus()")  # the keyboard does as the mouse
        browser.until(f"{lit}.includes('{random}')")
        must(browser.requests == [url] and browser.said == [], (browser.requests, browser.said))


@test
def every_byte_belongs_to_the_field_that_names_it():
    for scenario in ["mutual", "supplemental-double", "resume-ticket"]:
        text = tool("flow", "self", scenario, "--flow=html")
        spans = {i: (int(a), int(b or a)) for i, a, b in re.findall(r'<li id="([^"]+)"><a[^>]*>[^<]*</a>(?: <q>[^<]*</q>)?<span>(\d+)(?:–(\d+))?', text)}
        dumps = re.findall(r"<p class=b>(.*?)</p>", text)
        must(len(spans) > 60 and len(dumps) > 5, (len(spans), len(dumps)))
        for dump in dumps:
            at = 0
            for link, inside, outside in re.findall(r'<a href="#([^"]+)">([^<]*)</a> ?|([0-9a-f]{2}) ?', dump):
                many = len((inside or outside).split())
                if link:
                    must(spans[link][0] <= at and at + many - 1 <= spans[link][1], f"{scenario}: {link} {spans[link]} is not at {at}")
                at += many


@test
def what_names_a_client_is_not_shown():
    for scenario, secret in [("user-mapping", b"alice"), ("mutual", b"client.example"), ("certificate-url", b"client.pkipath")]:
        text = tool("flow", "self", scenario, "--flow=html")
        must(secret.decode() not in text and " ".join(f"{c:02x}" for c in secret) not in text, f"{scenario} tells {secret}")
        must("not shown" in text and "··" in text, f"{scenario} does not say that it leaves something out")
    ticket = tool("flow", "self", "ticket", "--flow=html")
    must(re.search(r'NewSessionTicket.*ticket</a> <q>\d+ bytes, not shown</q>', ticket, re.S), "a ticket is shown")


@test
def it_says_the_same_without_a_script():
    with pictures.Browser() as browser:
        browser.without_scripts()
        open_page(browser, "supplemental-double", "#m4")
        browser.click("#m3 summary b")
        browser.until("document.querySelector('#m3 details').open")
        browser.shot("html-no-script.png")
        tree = browser.call("DOMSnapshot.captureSnapshot", computedStyles=[])
        strings = "\n".join(tree["strings"])
        for wanted in ["another handshake, inside e1", "ServerKeyExchange", "client to server: ", "The client sends ClientHello in the clear"]:
            must(wanted in strings, f"{wanted} is missing without scripts")
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        must(browser.call("DOM.querySelectorAll", nodeId=root, selector="button")["nodeIds"] == [], "a button that does nothing")
        must(len(browser.call("DOM.querySelectorAll", nodeId=root, selector="details[open]")["nodeIds"]) >= 1, "a click opens nothing")


@test
def it_has_a_dark_side_and_fits_a_telephone():
    with pictures.Browser() as browser:
        open_page(browser, "mutual")
        ink = "getComputedStyle(document.body).backgroundColor"
        light = browser.run(ink)
        browser.dark()
        must(browser.run(ink) != light, "dark is as light")
        browser.shot("html-dark.png")
        browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
        must(browser.run("document.documentElement.scrollWidth") <= 360, "it scrolls sideways")
        browser.shot("html-telephone.png")


@test
def contrast_is_enough_for_text():
    """WCAG 2 AA: 4.5 to 1, measured on what the browser computes."""
    measure = """(() => {
      const rgb = c => c.match(/[0-9.]+/g).slice(0, 3).map(Number);
      const light = c => rgb(c).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
      const paper = light(getComputedStyle(document.body).backgroundColor);
      let worst = [99, ''];
      for (const e of document.querySelectorAll('body *:not(script)')) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        const ink = light(getComputedStyle(e).color), ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
        if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 80)];
      }
      return worst; })()"""
    with pictures.Browser() as browser:
        open_page(browser, "mutual")
        browser.key("e")
        for side in ["light", "dark"]:
            ratio, where = browser.run(measure)
            must(ratio >= 4.5, f"{side}: {ratio:.2f} to 1: {where}")
            browser.dark()


@test
def the_walk_leads_somewhere():
    """Links of docs/flows/README.md into the pages: their fields are there."""
    folder = os.path.join(pictures.TOP, "docs", "flows")
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as f:
        links = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", f.read())
    must(len(links) > 40, links)
    for file, fragment in links:
        path = os.path.join(folder, file)
        must(os.path.exists(path), f"{file} is not there")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        must(not fragment or f' id="{fragment}"' in text or f" id={fragment} " in text, f"{file} has no {fragment}")


sys.exit(pictures.main())
