# SPDX-License-Identifier: MIT
"""What the manual pages promise, for the tests that hold the tool to it."""
import os
import re

PAGES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs", "man")


def section(page, title):
    with open(os.path.join(PAGES, page), encoding="utf-8") as f:
        text = f.read().replace("\\-", "-")
    return re.search(rf"^\.SH {title}\n(.*?)(?=^\.SH |\Z)", text, re.M | re.S).group(1)


def words(page, title):
    return set(re.findall(r"\w+", re.sub(r"\\f[A-Z]", " ", section(page, title))))


def members(value):
    """Of a JSON value, those of what is inside it too, but for names that are data: numbers."""
    found = set()
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        found |= members(one)
    return found | ({name for name in value if not name.isdigit()} if isinstance(value, dict) else set())


def acl(page, title, what):
    """The rights in the line of a section's table that is for `what`: "+ping +select"."""
    line = re.search(rf"^ *((?:\+[a-z|]+ )+) *{re.escape(what)}$", section(page, title), re.M)
    return line.group(1).split()
