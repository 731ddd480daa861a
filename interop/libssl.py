# SPDX-License-Identifier: MIT
"""Python's ssl with what it does not offer: group and scheme lists, a half-close, KeyUpdate, the messages seen."""

import ctypes
import ctypes.util
import os
import select
import ssl

from vocabulary import ALERT_NAMES, EVERY_SUITE, GROUPS, KINDS

LIBRARY = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
SET_GROUPS_LIST, SET_SIGALGS_LIST, SET_CLIENT_SIGALGS_LIST, SET_DH_AUTO = 92, 98, 102, 118
CONTEXT_OFFSET, CONNECTION_OFFSET = 16, 24  # in CPython's PySSLContext and PySSLSocket
SERVER_KEY_EXCHANGE, HANDSHAKE, ALERT = 12, 22, 21
CLIENT_HELLO, KEY_UPDATE = 1, 24

LIBRARY.SSL_CTX_ctrl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p]
LIBRARY.SSL_shutdown.argtypes = [ctypes.c_void_p]
LIBRARY.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
LIBRARY.SSL_get1_session.argtypes, LIBRARY.SSL_get1_session.restype = [ctypes.c_void_p], ctypes.c_void_p
LIBRARY.i2d_SSL_SESSION.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
LIBRARY.d2i_SSL_SESSION.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long]
LIBRARY.d2i_SSL_SESSION.restype = ctypes.c_void_p
LIBRARY.SSL_set_session.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
LIBRARY.SSL_export_keying_material.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
    ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
]  # fmt: skip


def context(server, version=ssl.TLSVersion.TLSv1_2):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = made.maximum_version = version
    made.options |= ssl.OP_NO_TICKET
    return made


def pointer(owner, offset):
    return ctypes.c_void_p.from_address(id(owner) + offset)


def limit(made, suites="", groups="", schemes=""):
    """Comma-separated IANA names."""
    if suites:
        names = [suite.openssl for suite in EVERY_SUITE if suite.iana in suites.split(",")]
        made.set_ciphers(":".join(names) + ":@SECLEVEL=0")
        control(made, SET_DH_AUTO, None, 1)
    if groups:
        names = [group.openssl for name in groups.split(",") for group in GROUPS if group.iana == name]
        control(made, SET_GROUPS_LIST, ":".join(names) or "P-256")  # finite fields are TLS 1.3's, it says
    if schemes:
        control(made, SET_SIGALGS_LIST, schemes.replace(",", ":"))
        control(made, SET_CLIENT_SIGALGS_LIST, schemes.replace(",", ":"))


def control(made, command, text, number=0):
    if LIBRARY.SSL_CTX_ctrl(pointer(made, CONTEXT_OFFSET), command, number, text and text.encode()) != 1:
        raise ssl.SSLError(f"libssl refuses the list {text!r}")


def half_close(connection):
    """Send close_notify and keep reading: SSLSocket.unwrap() would wait for the peer's at once."""
    return LIBRARY.SSL_shutdown(pointer(connection._sslobj, CONNECTION_OFFSET))


def update_keys(connection, ask):
    """KeyUpdate (RFC 8446 4.6.3) before what is sent next; ask: the peer is to change its keys too."""
    if LIBRARY.SSL_key_update(pointer(connection._sslobj, CONNECTION_OFFSET), 1 if ask else 0) != 1:
        raise ssl.SSLError("libssl changes no keys")


def export(connection, label, length):
    """RFC 5705, in capital hex as s_client prints it."""
    made, name = ctypes.create_string_buffer(length), label.encode()
    LIBRARY.SSL_export_keying_material(
        pointer(connection._sslobj, CONNECTION_OFFSET), made, length, name, len(name), None, 0, 0
    )
    return made.raw.hex().upper()


def save_session(connection, path):
    held = LIBRARY.SSL_get1_session(pointer(connection._sslobj, CONNECTION_OFFSET))
    length = LIBRARY.i2d_SSL_SESSION(held, None)
    octets = ctypes.create_string_buffer(length)
    LIBRARY.i2d_SSL_SESSION(held, ctypes.byref(ctypes.c_void_p(ctypes.addressof(octets))))
    with open(path, "wb") as file:
        file.write(octets.raw)


def load_session(connection, path):
    with open(path, "rb") as file:
        octets = file.read()
    held = ctypes.create_string_buffer(octets, len(octets))
    at = ctypes.c_void_p(ctypes.addressof(held))
    session = LIBRARY.d2i_SSL_SESSION(None, ctypes.byref(at), len(octets))
    LIBRARY.SSL_set_session(pointer(connection._sslobj, CONNECTION_OFFSET), session)


def read(connection, most=1 << 16):
    """recv() that says b"" for the peer's close_notify also after ours was sent."""
    try:
        return connection.recv(most)
    except ssl.SSLZeroReturnError:
        return b""


def pass_both_ways(connection, source, sink):
    """File descriptor `source` to the peer and its answer to `sink`; one thread, as libssl wants it.

    The end of the source sends close_notify and reading goes on until the peer's.
    """
    connection.setblocking(False)
    pending, feeding = b"", True
    while True:
        readers = [connection] + ([source] if feeding and not pending else [])
        ready, writable, _ = select.select(readers, [connection] if pending else [], [], 30)
        if not ready and not writable:
            raise TimeoutError("the peer is silent")
        if source in ready:
            pending = os.read(source, 1 << 16)
            if not pending:
                feeding = False
                half_close(connection)
        try:
            if pending:
                pending = pending[connection.send(pending) :]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            while octets := read(connection):
                write_all(sink, octets)
            return
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass


def write_all(sink, octets):
    while octets:
        octets = octets[os.write(sink, octets) :]


class Seen:
    """What passed on a connection, from the library's message callback."""

    def __init__(self):
        self.group = self.scheme = None
        self.alerts = []  # (direction, level, name)
        self.handshake = []  # (direction, message)

    def watch(self, made):
        made._msg_callback = self.message

    def message(self, _connection, direction, _version, content, _kind, octets):
        if content == ALERT and len(octets) == 2:
            self.alerts.append((direction, octets[0], ALERT_NAMES.get(octets[1], str(octets[1]))))
        if content == HANDSHAKE and octets:
            self.handshake.append((direction, octets))
        if content == HANDSHAKE and octets and octets[0] == SERVER_KEY_EXCHANGE:
            body = octets[4:]
            number, length = int.from_bytes(body[1:3], "big"), body[3]
            scheme = int.from_bytes(body[4 + length : 6 + length], "big")
            self.group = next((group.iana for group in GROUPS if group.number == number), str(number))
            self.scheme = next((kind.scheme for kind in KINDS if kind.number == scheme), str(scheme))

    def bodies(self, kind):
        """The handshake messages of one type, in their order: (direction, body)."""
        return [(direction, message[4:]) for direction, message in self.handshake if message[0] == kind]

    def fatal(self):
        """The fatal alert as (name, "sent" | "received"), or nothing."""
        for direction, level, name in self.alerts:
            if level == 2:
                return name, "sent" if direction == "write" else "received"
        return None, None
