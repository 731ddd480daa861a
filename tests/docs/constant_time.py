#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checklist C1, K1: opening CBC records and RSA premasters leaves no trace of what is secret. Runs tests/fault/test_constant_time
under valgrind's memcheck, where every branch and address that depends on a secret is reported, and under callgrind, which counts
instructions. Prints TAP."""
import collections
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

BUILD = os.environ.get("HF_BUILD") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
    LABORATORY = "HF_LAB_TRUNCATED_HMAC:BOOL=ON" in cache.read()
KINDS = 12 if LABORATORY else 6  # of records counted: each MAC, accepted and refused, whole and truncated (RFC 6066 7)
PROGRAM = os.path.join(BUILD, "tests", "fault", "test_constant_time")
LIBCRYPTO = "libcrypto"  # a frame of libcrypto's that has no name: its static functions

# What may be reported: the frames from the innermost outwards, how many different reports at most, and why.
# "..." stands for one frame of libcrypto or more, named or not.
EXCUSED = [
    (["a_leak_is_seen"], 1, "the test that memcheck sees leaks at all"),
    (["settle_mte"], 1, "the verdict itself, which the peer is told"),
    (["EVP_DecryptUpdate", "open_mte"], 1, "whether a length fits an int: it always does"),
    ([LIBCRYPTO, "tls_mac_of"], 1, "whether the content is longer than the record: it never is"),
    ([LIBCRYPTO, LIBCRYPTO, "EVP_DecryptUpdate", "open_mte"], 6,
     "taking padding and MAC off: the compiler counts from a secret end to a secret start, whose difference is public; and the MAC is"
     " turned within one cache line. The instructions counted below cover it"),
    ([LIBCRYPTO, LIBCRYPTO, "decrypt", "private_key_decrypt_premaster"], 1,
     "whether the ciphertext is smaller than the modulus, both public; a second report here would be the padding check's"),
    (["...", LIBCRYPTO, "decrypt", "private_key_decrypt_premaster"], 100,
     "RSA on the ciphertext, which is public, and blinded; its result is what is looked at"),
]


class Tap:
    def __init__(self, plan):
        print(f"1..{plan}")
        self.count = self.failed = 0

    def report(self, good, name, lines=()):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        for line in lines:
            print(f"# {line}")


def frames_of(error):
    stack = error.find("stack")
    return [(f.findtext("fn") or "", os.path.basename(f.findtext("obj") or "")) for f in stack.findall("frame")]


def is_libcrypto(frame):
    return frame[1].startswith("libcrypto.")


def fits(frames, pattern):
    if pattern[0] == "...":  # at least two inside: one alone would be the padding check
        depth = 0
        while depth < len(frames) and is_libcrypto(frames[depth]):
            depth += 1
        rest = pattern[2:]
        named = [name for name, _ in frames[depth:depth + len(rest)]]
        return named == rest and (depth > 2 or (depth == 2 and frames[0][0].startswith("BN_")))
    if len(frames) < len(pattern):
        return False
    for (name, obj), wanted in zip(frames, pattern):
        if (name or not is_libcrypto((name, obj))) if wanted == LIBCRYPTO else name != wanted:
            return False
    return True


def judge_reports(path):
    """(reports that nothing excuses, how often each excuse was used)"""
    used, bad = collections.Counter(), []
    for error in xml.parse(path).getroot().findall("error"):
        frames = frames_of(error)
        rule = next((i for i, (pattern, _, _) in enumerate(EXCUSED) if fits(frames, pattern)), None)
        if rule is not None:
            used[rule] += 1
        if rule is None or used[rule] > EXCUSED[rule][1]:
            bad.append(f"{error.findtext('kind')}: " + " < ".join(name or obj for name, obj in frames[:7]))
    return bad, used


def memcheck(tap, folder):
    path = os.path.join(folder, "reports.xml")
    command = ["valgrind", "--leak-check=no", "--num-callers=16", "--xml=yes", f"--xml-file={path}", PROGRAM]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    failed = [line for line in done.stdout.splitlines() if "FAILED" in line or "LINE" in line or "ERROR" in line]
    tap.report(done.returncode == 0, "everything opens under memcheck as it should", failed)
    bad, used = judge_reports(path)
    tap.report(used[0] == 1, "memcheck sees a branch on a secret where there is one")
    tap.report(used[1] == 1, "memcheck sees the verdict on a CBC record")
    tap.report(not bad, "no other branch and no address depends on a secret", bad[:20])


def callgrind(tap, folder):
    out = os.path.join(folder, "counts")
    command = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", PROGRAM]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={**os.environ, "HF_COUNT": "1"})
    counts = collections.defaultdict(lambda: collections.defaultdict(list))
    for path in glob.glob(out + ".*"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        name = re.search(r"^desc: Trigger: Client Request: (CBC .*): (.*)$", text, re.M)
        total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
        if name and total:
            counts[name[1]][name[2]].append(int(total[1]))
    tap.report(done.returncode == 0 and len(counts) == KINDS, "callgrind counted each kind of record",
               [f"{done.returncode}, {len(counts)} kinds"] + done.stdout.splitlines()[-5:])
    uneven = []
    for kind, cases in sorted(counts.items()):
        least = {case: min(values) for case, values in cases.items()}  # the random generator seeds itself anew now and then
        print(f"# {kind}: {min(least.values())} instructions, {len(least)} cases")
        if min(least.values()) != max(least.values()):
            uneven += [f"{kind}: {value} for {case}" for case, value in sorted(least.items())]
    tap.report(not uneven, "the same number of instructions whatever the padding and whatever is wrong", uneven[:40])


def lacking():
    """Why this cannot run here; None where it can."""
    if not shutil.which("valgrind") or not os.path.exists("/usr/include/valgrind/memcheck.h"):
        return "valgrind is not installed (Debian: valgrind)"
    if not os.access(PROGRAM, os.X_OK):
        return f"{PROGRAM} is not built"
    with open(PROGRAM, "rb") as file:
        binary = file.read()
    if b"__asan_init" in binary or b"__tsan_init" in binary:
        return "valgrind cannot run what the sanitizers instrument"
    if b".debug_info" not in binary:
        return "built without debug information: reports could not be told apart"
    return None


def main():
    reason = lacking()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    tap = Tap(6)
    with tempfile.TemporaryDirectory(prefix="hf-constant-time-") as folder:
        memcheck(tap, folder)
        callgrind(tap, folder)
    return 1 if tap.failed else 0


sys.exit(main())
