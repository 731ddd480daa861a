#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What needs a newer libcrypto than this machine's, in a Debian 13 userland of its own (OpenSSL 3.5, which has ML-KEM): the library is
built there and its tests of crypto and records run, none of them skipped. Prints TAP.

The userland is made by debootstrap, once for a build folder, in <build>/debian-13; HF_DEBIAN_13 names another place that has one.
It takes some minutes, root, and the package mirror; where these are not to be had, the tests are skipped."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HF_BUILD", os.path.join(TOP, "build"))
ROOT = os.environ.get("HF_DEBIAN_13", os.path.join(BUILD, "debian-13"))
PACKAGES = "gcc,libc6-dev,libssl-dev,ninja-build,cmake,libcmocka-dev,pkgconf,openssl"
PROGRAMS = ["unit/test_crypto_agreement13", "unit/test_crypto_agreement", "unit/test_crypto_suites", "unit/test_crypto_keys",
            "unit/test_crypto_certificate", "unit/test_crypto_chain", "unit/test_record13", "unit/test_record_protect", "vector/test_aead",
            "vector/test_key_schedule13", "vector/test_records13", "api/test_handshake", "api/test_policy",
            "api/test_key_shares", "api/test_tls13", "api/test_libssl_groups"]
MADE = os.path.join(ROOT, "made")  # written last: a userland that was interrupted is made anew


def inside(*command, env=()):
    settings = ["LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "CMOCKA_MESSAGE_OUTPUT=TAP", *env]
    return subprocess.run(["chroot", ROOT, "/usr/bin/env", "-i", *settings, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False)


def lacks():
    """Why there can be no userland here; empty: nothing stands against it."""
    if os.path.exists(MADE):
        return "" if os.geteuid() == 0 else "not root: chroot is not allowed"
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed"
    return "" if os.geteuid() == 0 else "not root: debootstrap needs it"


def make():
    """Empty, or why it could not be made."""
    if os.path.exists(MADE):
        return ""
    shutil.rmtree(ROOT, ignore_errors=True)
    done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", ROOT], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        return done.stdout[-300:]
    with open(MADE, "w", encoding="ascii") as f:
        f.write("debian 13\n")
    return ""


def fill():
    """The sources as they are now, but for what was built; files keep their times, so that only what changed is compiled again."""
    target = os.path.join(ROOT, "handfast")
    kept = {name for name in os.listdir(TOP) if not name.startswith(("build", ".git", "node_modules"))}
    for name in os.listdir(target) if os.path.isdir(target) else []:  # what is no more must not be built
        path = os.path.join(target, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    for name in kept:
        source, to = os.path.join(TOP, name), os.path.join(target, name)
        if os.path.isdir(source):
            shutil.copytree(source, to, symlinks=True, copy_function=shutil.copy)  # new times: what was built of other sources is old
        else:
            os.makedirs(target, exist_ok=True)
            shutil.copy(source, to)


def result(number, name, fine, why=""):
    if not fine:
        print("\n".join("# " + line for line in why.splitlines()[-30:]))
    print(f"{'ok' if fine else 'not ok'} {number} - {name}", flush=True)
    return fine


def main():
    reason = lacks() or make()
    print(f"1..{2 + len(PROGRAMS)}")
    if reason:
        for number in range(1, 3 + len(PROGRAMS)):
            print(f"ok {number} - {(['libcrypto', 'build'] + PROGRAMS)[number - 1]} # SKIP {' '.join(reason.split())}")
        return 0
    version = inside("openssl", "version").stdout
    found = re.match(r"OpenSSL (\d+)\.(\d+)", version)
    fine = result(1, "the userland has OpenSSL 3.5 or newer", bool(found) and (int(found[1]), int(found[2])) >= (3, 5), version)
    fill()
    build = inside("cmake", "-S", "/handfast", "-B", "/build", "-G", "Ninja")
    if build.returncode == 0:
        build = inside("ninja", "-C", "/build", "-j", os.environ.get("HF_JOBS", "2"), *[p.replace("/", "_", 1) for p in PROGRAMS])
    fine &= result(2, "handfast is built there", build.returncode == 0, build.stdout)
    for number, program in enumerate(PROGRAMS, 3):
        ran = inside("sh", "-c", f"cd /handfast && /build/tests/{program}")
        whole = ran.returncode == 0 and re.search(r"^1\.\.[1-9]", ran.stdout, re.M) and "# SKIP" not in ran.stdout
        fine &= result(number, program, bool(whole), ran.stdout)
    return 0 if fine else 1


sys.exit(main())
