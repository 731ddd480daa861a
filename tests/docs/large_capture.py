#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A capture of 100 MB is read in seconds and in bounded memory: one long connection, and many short ones. Prints TAP, and the figures.

The bounds are several times what was seen on a machine of two cores with other work on it: they are there to notice what grows with the capture.
"""
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "interop"))
sys.dont_write_bytecode = True
import capture  # noqa: E402
import cli  # noqa: E402
from cli import PATIENCE, PROGRAM, Server, must, run, test  # noqa: E402

cli.tests.clear()
SLOW = 6 if any(name.endswith("SAN_OPTIONS") for name in os.environ) else 1  # sanitizers take their time, and memory
SIZE = (100 << 20) // (10 if SLOW > 1 else 1)
MOST_SECONDS, MOST_MEMORY = 60, 64 << 20


def recorded(payload, version):
    """(what passed on one connection, the lines of its key log)."""
    keys = os.path.join(tempfile.mkdtemp(dir=cli.FOLDER), "keys")
    versions = ["--min", version, "--max", version]
    with Server(*versions) as server:
        listener = capture.Listener(server.port)
        run("connect", f"127.0.0.1:{listener.port}", "--sni", "server.example", "--ca", cli.pki("ca.pem"), "--keylog", keys, *versions, stdin=payload)
        listener.thread.join(PATIENCE)
        listener.close()
    return listener.seen, keys


class Capture:
    """A pcap file of raw IPv4, written packet by packet."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.size, self.number = self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)), 0

    def packet(self, ports, from_client, sequence, flags, octets=b""):
        source, target = ports if from_client else reversed(ports)
        ends = ("10.0.0.1", "10.0.0.2") if from_client else ("10.0.0.2", "10.0.0.1")
        tcp = struct.pack("!HHIIBBHHH", source, target, sequence[from_client] & 0xFFFFFFFF, sequence[not from_client] & 0xFFFFFFFF, 5 << 4, flags, 65535, 0, 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(octets), 0, 0, 64, 6, 0, socket.inet_aton(ends[0]), socket.inet_aton(ends[1]))
        packet = head + tcp + octets
        self.number += 1
        self.size += self.file.write(struct.pack("<IIII", self.number // 1000000, self.number % 1000000, len(packet), len(packet)) + packet)

    def connection(self, port, seen, last=b"", times=0):
        """seen, and then `times` the octets of `last` from the server."""
        ports, sequence = (port, 443), {True: 1000, False: 2000}
        self.packet(ports, True, sequence, 2)
        sequence[True] += 1
        self.packet(ports, False, sequence, 18)
        sequence[False] += 1
        for from_client, octets in seen + [(False, last)] * times:
            for at in range(0, len(octets), 1400):
                piece = octets[at : at + 1400]
                self.packet(ports, from_client, sequence, 24, piece)
                sequence[from_client] += len(piece)
        for from_client in (True, False):
            self.packet(ports, from_client, sequence, 17)
            sequence[from_client] += 1


def peak_memory(pid, peak):
    """VmHWM now; what wait4 says would count the memory of this program too, from before the exec."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            found = [int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM")]
    except OSError:
        found = []
    return max(found + [peak])


def read(path, *options):
    """(standard output, seconds of the processor, peak memory in bytes)."""
    with tempfile.TemporaryFile() as out, subprocess.Popen([PROGRAM, "flow", "read", path, "-q", *options], stdout=out, env=cli.ENV) as process:
        memory, ended = 0, 0
        while not ended:
            memory = peak_memory(process.pid, memory)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0.005)
        process.returncode = os.waitstatus_to_exitcode(status)
        must(process.returncode == 0, f"exit {process.returncode}")
        out.seek(0)
        return out.read(), usage.ru_utime + usage.ru_stime, memory


def judge(what, size, seconds, memory):
    print(f"# {what}: {size / 1e6:.0f} MB read in {seconds:.2f} s of the processor, {memory / 1e6:.1f} MB of memory at most", flush=True)
    must(seconds < MOST_SECONDS * SLOW, f"{seconds:.1f} s")
    must(memory < MOST_MEMORY * SLOW, f"{memory} bytes of memory")


def many(version):
    seen, keys = recorded(b"hello", version)
    path = os.path.join(cli.FOLDER, "many.pcap")
    made, count = Capture(path), 0
    while made.size < SIZE:
        made.connection(1024 + count % 60000, seen)
        count += 1
    made.file.close()
    out, seconds, memory = read(path, "--keylog", keys, "--require-decrypt", "--flow=compact")
    must(out.count(b"ClientHello") == count and out.count(b"Finished") == 2 * count, f"{out.count(b'ClientHello')} of {count}")
    judge(f"TLS {version}, {count} connections, each decrypted and checked", made.size, seconds, memory)
    os.remove(path)


@test
def many_short_connections_of_TLS_12():
    many("1.2")


@test
def many_short_connections_of_TLS_13():
    many("1.3")


@test
def one_long_connection():
    payload = os.urandom(SIZE * 48 // 100)
    seen, keys = recorded(payload, "1.3")
    path = os.path.join(cli.FOLDER, "long.pcap")
    made = Capture(path)
    made.connection(40000, seen)
    made.file.close()
    must(made.size > SIZE * 95 // 100, made.size)
    out, seconds, memory = read(path, "--keylog", keys, "--require-decrypt", "--flow=compact")
    must(out.count(b"Finished") == 2, out[:2000])
    judge("one connection of TLS 1.3 with an echo, all decrypted", made.size, seconds, memory)
    os.remove(path)


@test
def connections_that_never_end_are_bounded():
    """100,000 of them at once, without their ends: what is waited for is given up."""
    path = os.path.join(cli.FOLDER, "open.pcap")
    made = Capture(path)
    hello = recorded(b"", "1.2")[0][0][1]
    for number in range(100000):
        ports, sequence = (1024 + number % 60000, 443 + number // 60000), {True: 1000, False: 2000}
        made.packet(ports, True, sequence, 2)
        sequence[True] += 1
        made.packet(ports, True, sequence, 24, hello)
    made.file.close()
    out, seconds, memory = read(path, "--flow=compact")
    print(f"# {out.count(b'ClientHello')} hellos of 100000, {made.size / 1e6:.0f} MB read in {seconds:.2f} s of the processor, {memory / 1e6:.1f} MB of memory at most", flush=True)
    must(out.count(b"ClientHello") == 100000, out.count(b"ClientHello"))
    must(seconds < MOST_SECONDS * SLOW and memory < (256 << 20) * SLOW, (seconds, memory))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(cli.main())
