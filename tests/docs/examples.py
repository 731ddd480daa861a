#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The programs in examples/, run as a reader would: each serves real clients, in turn and at once. Prints TAP."""
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HF_BUILD", os.path.join(TOP, "build"))
TOOL = os.path.join(BUILD, "handfast")
count = failures = 0
started = []


def check(name, fine, why=""):
    global count, failures
    count += 1
    failures += not fine
    print(("ok" if fine else "not ok"), count, "-", name)
    if not fine:
        print("\n".join("# " + line for line in str(why).splitlines()[-15:]))
    sys.stdout.flush()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(example, *arguments):
    """The example on a free port; waits until it listens."""
    port = free_port()
    log = tempfile.TemporaryFile("w+")
    process = subprocess.Popen([os.path.join(BUILD, "examples", example), str(port), *arguments], stderr=log)
    started.append(process)
    for _ in range(200):
        log.seek(0)
        if "listening" in log.read():
            return port, process, log
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError("%s does not listen: %s" % (example, log.read()))


def text_of(log):
    log.seek(0)
    return log.read()


def connect(pki, port, payload, *options):
    command = [TOOL, "connect", "127.0.0.1:%d" % port, "--sni", "localhost", "--ca", os.path.join(pki, "ca.pem"), *options]
    return subprocess.run(command, input=payload, capture_output=True, timeout=60)


def openssl(pki, port, payload):
    """openssl s_client, which ends when its input does; -ign_eof would wait for the server to close first."""
    command = ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-servername", "localhost", "-tls1_2", "-quiet",
               "-verify_return_error", "-CAfile", os.path.join(pki, "ca.pem")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
        p.stdin.write(payload)
        p.stdin.flush()
        got = b""
        while len(got) < len(payload):
            piece = os.read(p.stdout.fileno(), 65536)
            if not piece:
                break
            got += piece
        p.kill()
        return got


def many(pki, port, clients):
    results = [None] * clients
    def one(i):
        payload = bytes([65 + i % 26]) * (1000 * i + 1)
        results[i] = connect(pki, port, payload).stdout == payload
    threads = [threading.Thread(target=one, args=(i,)) for i in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def broken_guests(port):
    """Who says nothing, says nonsense, or leaves in the middle must not harm the next one."""
    for junk in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\xff" + b"\x01" * 40, b"\x16\x03\x03\x00\x04\x01\x00"):
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(junk)


def echo(example, pki, cert, key):
    port, process, log = start(example, cert, key)
    payload = os.urandom(300000)
    r = connect(pki, port, payload)
    check("%s sends 300,000 bytes back" % example, r.stdout == payload and r.returncode == 0, r.stderr.decode())
    r = connect(pki, port, b"again", "--resume=2", "--json")
    check("%s resumes" % example, r.stdout == b"again" and r.stderr.count(b'"resumed":true') == 2, r.stderr.decode())
    check("%s serves openssl s_client" % example, openssl(pki, port, b"hello\n" * 1000) == b"hello\n" * 1000, text_of(log))
    broken_guests(port)
    check("%s serves 20 clients at once" % example, all(many(pki, port, 20)), text_of(log))
    check("%s still runs" % example, process.poll() is None, text_of(log))
    process.terminate()


def shared_files(pki, cert, key, version):
    """Two processes with one directory: what one made the other resumes, until the record is harmed or gone."""
    with tempfile.TemporaryDirectory() as directory:
        now = int(time.time())
        with open(os.path.join(directory, "keyring"), "w") as f:
            f.write("handfast keyring 1\nplan period 3600 life 14400 lead 600\nepoch 1 not_before %d encrypt_until %d decrypt_until %d "
                    "secret %s\n" % (now - 60, now + 3540, now + 17940, os.urandom(32).hex()))
        one, two = (start("own_store", cert, key, directory) for _ in range(2))
        session = os.path.join(directory, "client.session")
        r = connect(pki, one[0], b"first", "--session-out", session, "--min", version, "--max", version)
        check("own_store serves a first handshake of TLS %s" % version, r.stdout == b"first", r.stderr.decode())
        records = [f for f in os.listdir(directory) if len(f) == 32]
        tickets = 2 if version == "1.3" else 1  # as many as hf_config_ticket_count says; the client has saved one of them
        check("and keeps %d" % tickets, len(records) == tickets, os.listdir(directory))
        kept = {}
        for record in records:
            with open(os.path.join(directory, record), "rb") as f:
                kept[record] = f.read()
        state = {"port": one[0]}
        def offer(where, expected, what):
            # a saved session is for one host and port: the client is led from the one server to the other by a relay
            r = through_relay(pki, state["port"], where, session, version)
            check(what, r.stdout == b"next" and expected in text_of(log_of[where]), r.stderr.decode() + text_of(log_of[where]))
        log_of = {one[0]: one[2], two[0]: two[2]}
        one[1].terminate()
        one[1].wait()
        offer(two[0], "the session is resumed", "another process resumes what the first one made")
        left = [record for record in records if os.path.exists(os.path.join(directory, record))]
        check("a ticket of TLS 1.3 is good once, a session ID again", len(left) == 1, left)
        for record, whole in kept.items():
            with open(os.path.join(directory, record), "wb") as f:
                f.write(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        offer(two[0], "the stored session does not open", "a record with one bit changed is a full handshake")
        for record in records:
            os.unlink(os.path.join(directory, record))
        offer(two[0], "the session is not known", "a record that is gone is a full handshake")
        check("own_store still runs", two[1].poll() is None, text_of(two[2]))
        two[1].terminate()


def through_relay(pki, port, target, session, version):
    """Listens where the first server did, and passes one connection on to the other."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1)
        def relay():
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", target))
            def pump(a, b):
                while True:
                    data = a.recv(65536)
                    if not data:
                        break
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            back = threading.Thread(target=pump, args=(server, client))
            back.start()
            pump(client, server)
            back.join()
            client.close()
            server.close()
        thread = threading.Thread(target=relay)
        thread.start()
        result = connect(pki, port, b"next", "--session-in", session, "--min", version, "--max", version)
        thread.join()
        return result


def quic(pki, cert, key):
    program = [os.path.join(BUILD, "examples", "quic_handshake"), cert, key]
    good = subprocess.run(program + [os.path.join(pki, "ca.pem"), "localhost"], capture_output=True, text=True, timeout=60)
    check("quic_handshake: a packet sealed by the client is opened by the server",
          good.returncode == 0 and good.stdout.endswith("the server reads: hello in 1-RTT, over h3\n"), good.stdout + good.stderr)
    other = subprocess.run(program + [os.path.join(pki, "ca.pem"), "elsewhere.test"], capture_output=True, text=True, timeout=60)
    check("quic_handshake: a name that the server does not have is refused by number (RFC 9001 4.8)",
          other.returncode == 1 and "server: CONNECTION_CLOSE 0x170: " in other.stdout, other.stdout + other.stderr)


def main():
    pki = tempfile.mkdtemp(prefix="hf-examples-")
    subprocess.run([os.path.join(TOP, "tools", "make-demo-pki"), pki], check=True, capture_output=True)
    cert, key = os.path.join(pki, "server.pem"), os.path.join(pki, "server.key")
    try:
        for example in ("echo_blocking", "echo_epoll", "echo_uv"):
            echo(example, pki, cert, key)
        for version in ("1.2", "1.3"):
            shared_files(pki, cert, key, version)
        quic(pki, cert, key)
        for example in sorted(os.listdir(os.path.join(TOP, "examples"))):
            with open(os.path.join(TOP, "examples", example)) as f:
                lines = len(f.read().splitlines())
            check("%s is short: %d lines, under 150" % (example, lines), lines < 150)
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
        subprocess.run(["rm", "-rf", pki])
    print("1..%d" % count)
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
