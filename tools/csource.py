# SPDX-License-Identifier: MIT
"""Reads C source for the check tools: files, functions, parameters. No compiler needed."""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NOT_FUNCTIONS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "__attribute__"}


def files(folders, endings=(".c", ".h", ".def")):
    """Paths below the folders, relative to the top, sorted."""
    found = []
    for folder in folders:
        for where, dirs, names in os.walk(os.path.join(TOP, folder)):
            dirs.sort()
            found += [os.path.relpath(os.path.join(where, n), TOP) for n in names if n.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def blank(text):
    """The text with comments, literals and preprocessor lines as spaces; newlines stay."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
                         r"|(?<![^\n])[ \t]*#(?:\\\n|[^\n])*", re.S)

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return pattern.sub(spaces, text)


class Function:
    def __init__(self, name, parameters, first, start, end):
        self.name, self.parameters = name, parameters
        self.first, self.start, self.end = first, start, end  # lines: of the name, of '{', of '}'

    @property
    def lines(self):
        return self.end - self.start


def count_parameters(text):
    text = text.strip()
    if text in ("", "void"):
        return 0
    depth, count = 0, 1
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        count += c == "," and depth == 0
    return count - (1 if re.search(r",\s*\.\.\.$", text) else 0)


def functions(text):
    """Function definitions of a file, in order: a '{' outside all braces that follows a ')'."""
    code = blank(text)
    found, depth, current = [], 0, None
    for at, c in enumerate(code):
        if c == "{":
            if depth == 0:
                current = definition(code, at)
            depth += 1
        elif c == "}":
            depth = max(0, depth - 1)
            if depth == 0 and current:
                name, parameters, name_at, open_at = current
                found.append(Function(name, parameters, line_of(code, name_at), line_of(code, open_at), line_of(code, at)))
                current = None
    return found


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def definition(code, open_at):
    """(name, parameters, where, open_at) when the '{' opens a function's body, else None."""
    at = open_at - 1
    while at >= 0 and code[at].isspace():
        at -= 1
    if at < 0 or code[at] != ")":
        return None
    close, depth = at, 0
    while at >= 0:
        depth += (code[at] == ")") - (code[at] == "(")
        if depth == 0:
            break
        at -= 1
    name = re.search(r"([A-Za-z_]\w*)\s*$", code[:at])
    if not name or name.group(1) in NOT_FUNCTIONS:
        return None
    return name.group(1), count_parameters(code[at + 1:close]), name.start(1), open_at
