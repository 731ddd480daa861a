#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SVG: well-formed XML with real text, a title and a description, light and dark, and nothing from outside. Prints TAP."""
import re
import sys
import xml.etree.ElementTree as ElementTree

import pictures
from pictures import must, test, tool

SVG = "{http://www.w3.org/2000/svg}"


def parse(name, text):
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as problem:
        raise pictures.Wrong(f"{name} is no XML: {problem}") from problem


@test
def every_scenario_is_well_formed_with_title_and_description():
    for name, text in pictures.every_picture("svg"):
        root = parse(name, text)
        must(root.tag == SVG + "svg" and root.get("role") == "img", name)
        first, second = list(root)[:2]
        must(first.tag == SVG + "title" and first.text and second.tag == SVG + "desc" and len(second.text) > 100, name)
        must(root.get("aria-labelledby") == f"{first.get('id')} {second.get('id')}", name)
        must("prefers-color-scheme:dark" in root.find(SVG + "style").text, f"{name} has no dark side")
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        must(len(ids) == len(set(ids)), f"{name}: an id stands twice")


@test
def it_asks_nothing_from_outside_and_runs_nothing():
    for name, text in pictures.every_picture("svg"):
        root = parse(name, text)
        tags = {e.tag.removeprefix(SVG) for e in root.iter()}
        must(tags <= {"svg", "title", "desc", "style", "rect", "text", "line", "path", "g"}, f"{name}: {tags}")
        attributes = {a for e in root.iter() for a in e.keys()}
        must(not any(a.startswith("on") or "href" in a or a == "style" for a in attributes), f"{name}: {attributes}")
        must(not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text), f"{name} names something outside")


@test
def it_has_the_messages_of_the_ladder_as_text_and_each_event_a_sentence():
    for kind in ["spec", "self"]:
        for name in pictures.scenarios():
            root = parse(name, tool("flow", kind, name, "--flow=svg"))
            texts = [e.text for e in root.iter(SVG + "text")]
            ladder = tool("flow", kind, name)
            for label in re.findall(r"[╌═] ([^╌═│]+?)(?:: [^╌═│]+)? [╌═]", ladder):
                must(any(t and t.startswith(label) for t in texts), f"{name}: {label} is not in the SVG")
            groups = [g for g in root.iter(SVG + "g") if g.find(SVG + "line") is not None]
            must(len(groups) == len(re.findall(r"[╌═] >?", ladder)) // 2 or len(groups) > 3, name)
            for group in groups:
                must(group.find(SVG + "title").text.startswith("The "), f"{name}: an arrow without a sentence")


@test
def text_stays_between_the_sides():
    """No browser measures here: at 7.4 pixels a column, wider than any system's font at this size, all must fit."""
    for name, text in pictures.every_picture("svg"):
        root = parse(name, text)
        width = float(root.get("viewBox").split()[2])
        for e in root.iter(SVG + "text"):
            if e.get("class") in (None, "e", "q", "q e"):
                must(len(e.text or "") * 7.4 < width, f"{name}: {e.text}")


@test
def a_browser_draws_it_light_and_dark():
    with pictures.Browser("--allow-file-access-from-files") as browser:
        path = pictures.folder + "/picture.svg"
        with open(path, "w", encoding="utf-8") as f:
            f.write(tool("flow", "self", "supplemental-double", "--flow=svg"))
        browser.go("file://" + path)
        fill = "getComputedStyle(document.querySelector('.paper')).fill"
        light = browser.run(fill)
        browser.shot("svg-light.png")
        widest = "Math.max(...[...document.querySelectorAll('text:not(.h):not(.q)')].map(t => t.getBBox().x + t.getBBox().width))"
        must(browser.run(widest) < 760, "text runs out of the lane")
        browser.dark()
        must(browser.run(fill) != light, "dark is as light")
        browser.shot("svg-dark.png")
        must(browser.requests == ["file://" + path], browser.requests)


sys.exit(pictures.main())
