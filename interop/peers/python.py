# SPDX-License-Identifier: MIT
"""Peers that no command line plays: half-closes, silence, other protocols on the port, Python's ssl. Threads of the harness."""

import socket
import ssl
import threading

import libssl
from processes import Mismatch

NAME = "Python"
PACKAGE = "python3"
PATIENCE = 20


def versions():
    return {"Python ssl": "Python ssl, " + " ".join(ssl.OPENSSL_VERSION.split()[:2]), "plain TCP": "plain TCP"}


class Server:
    """Accepts connections, `count` of them and one at a time, and hands each to behave(socket)."""

    def __init__(self, stage, behave, count=1):
        self.behave, self.count, self.problem = behave, count, None
        self.listener = stage.keep(socket.create_server(("127.0.0.1", 0)))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        try:
            for _ in range(self.count):
                plain, _ = self.listener.accept()
                with plain:
                    plain.settimeout(PATIENCE)
                    self.behave(plain)
        except (OSError, Mismatch) as problem:
            self.problem = problem

    def finish(self):
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            raise Mismatch("the python peer has not ended")
        if self.problem:
            raise Mismatch(f"the python peer: {self.problem}")


def server_context(stage, cert="server-p256", version=ssl.TLSVersion.TLSv1_2):
    made = libssl.context(server=True, version=version)
    made.load_cert_chain(stage.pki.cert(cert), stage.pki.key(cert))
    return made


def client_context(stage, cert=None, version=ssl.TLSVersion.TLSv1_2):
    made = libssl.context(server=False, version=version)
    made.load_verify_locations(stage.pki.ca)
    if cert:
        made.load_cert_chain(stage.pki.cert(cert), stage.pki.key(cert))
    return made


def serve(stage, made, behave, count=1):
    def shake_hands(plain):
        with made.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as connection:
            behave(connection)

    return Server(stage, shake_hands, count)


def connect(stage, made, port, name="server.test", session=None):
    plain = stage.keep(socket.create_connection(("127.0.0.1", port), PATIENCE))
    return stage.keep(made.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False, session=session))


def tls_server(stage, behave, cert="server-p256", version=ssl.TLSVersion.TLSv1_2):
    return serve(stage, server_context(stage, cert, version), behave)


def tls_client(stage, port, name="server.test", version=ssl.TLSVersion.TLSv1_2):
    return connect(stage, client_context(stage, version=version), port, name)


class Client:
    """A connection with the words of a Process: what is read only when it is waited for is its stdout."""

    def __init__(self, connection):
        self.connection, self.stdout = connection, b""

    def write(self, octets):
        self.connection.sendall(octets)

    def until(self, seen, what):
        while not seen():
            octets = self.connection.recv(65536)
            if not octets:
                raise Mismatch(f"the python peer: the end came before {what}")
            self.stdout += octets

    def says(self, words):
        self.until(lambda: words.encode() in self.stdout, f"output with {words!r}")

    def close_stdin(self):
        self.connection.unwrap()

    def wait(self):
        self.connection.close()


def speak_first(banner):
    """An SSH server: speaks without being asked, then waits for the client to go."""

    def behave(plain):
        plain.sendall(banner)
        drain(plain)

    return behave


def answer(octets):
    """An HTTP server: answers whatever comes, then closes."""

    def behave(plain):
        plain.recv(65536)
        plain.sendall(octets)
        plain.shutdown(socket.SHUT_WR)
        drain(plain)

    return behave


def drain(plain):
    try:
        while plain.recv(65536):
            pass
    except OSError:
        pass


def send_and_collect(port, octets, patience=PATIENCE):
    """What a port answers to raw bytes, until it closes."""
    collected = b""
    with socket.create_connection(("127.0.0.1", port), patience) as plain:
        if octets:
            plain.sendall(octets)
        try:
            while got := plain.recv(65536):
                collected += got
        except ConnectionError:
            pass
        except TimeoutError:
            raise Mismatch(f"the server did not close within {patience:g} s") from None
    return collected


def resuming(stage, port, times, cert=None, version=ssl.TLSVersion.TLSv1_2):
    """One full handshake and so many that offer its session: whether each was resumed."""
    made = client_context(stage, cert, version)
    made.options &= ~ssl.OP_NO_TICKET
    session, reused = None, []
    for _ in range(1 + times):
        with connect(stage, made, port, session=session) as connection:
            connection.sendall(b"hello\n")
            connection.recv(100)
            session = connection.session
            reused.append(connection.session_reused)
            connection.unwrap()
    return reused
