# SPDX-License-Identifier: MIT
"""The table printed at the end: peers and their versions × handfast's role × what was tried."""

import subprocess

from peers import versions

FEATURES = [
    "full", "full + resumed", "mutual", "mutual + resumed", "ECDHE", "DHE", "RSA", "ECDH", "anon", "finite fields", "policies",
    "identities", "extensions", "status", "resumption", "payload", "http", "refusals",
]  # fmt: skip


def program_version(program):
    try:
        told = subprocess.run([program, "version"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.split("\n")[0] if told.returncode == 0 else ""


def table(results, ours):
    cells, order = {}, []
    for result in results:
        row = (result.case.peer, result.case.role)
        if row not in order:
            order.append(row)
        cell = cells.setdefault((row, result.case.feature), [0, 0])
        cell[0] += not result.problem
        cell[1] += 1
    features = [name for name in FEATURES if any((row, name) in cells for row in order)]
    features += sorted({feature for _, feature in cells} - set(features))
    known = versions()
    head = ["peer", "handfast as", *features]
    lines = [head, ["---"] * len(head)]
    for row in order:
        peer, role = row
        lines.append([known.get(peer, peer), role, *[shown(cells.get((row, name))) for name in features]])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = "\n".join("| " + " | ".join(word.ljust(width) for word, width in zip(line, widths)) + " |" for line in lines)
    title = f"{ours or 'handfast'} against independent TLS stacks (passed/played)"
    return f"{title}\n\n{text}\n"


def shown(cell):
    if cell is None:
        return "-"
    passed, played = cell
    return f"{passed}/{played}" + ("" if passed == played else " !")
