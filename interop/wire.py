# SPDX-License-Identifier: MIT
"""Between the two programs: a tap that passes bytes on, notes alerts in clear and may spoil one message.

Alerts before ChangeCipherSpec travel in clear, so what a refusal puts on the wire is seen here,
whatever the two ends say about it.
"""

import socket
import threading
import time

from processes import Mismatch
from vocabulary import ALERT_NAMES

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
MESSAGES = {
    "client_hello": 1, "server_hello": 2, "certificate": 11, "server_key_exchange": 12,
    "certificate_request": 13, "server_hello_done": 14, "certificate_verify": 15,
    "client_key_exchange": 16,
}  # fmt: skip


class Direction:
    """One way of a connection: whole records in, the same records (or spoiled ones) out."""

    def __init__(self, spoil):
        self.spoil = spoil
        self.buffer = b""
        self.protected = False
        self.alerts, self.records, self.hello = [], [], b""

    def push(self, octets):
        self.buffer += octets
        out = b""
        while len(self.buffer) >= 5 and 20 <= self.buffer[0] <= 23:
            length = 5 + int.from_bytes(self.buffer[3:5], "big")
            if len(self.buffer) < length:
                break
            record, self.buffer = self.buffer[:length], self.buffer[length:]
            out += self.pass_on(record)
        if self.buffer and not 20 <= self.buffer[0] <= 23:
            out, self.buffer = out + self.buffer, b""  # not TLS: pass as it is
        return out

    def pass_on(self, record):
        kind, body = record[0], record[5:]
        self.records.append((kind, len(body), self.protected))
        if kind == ALERT and not self.protected and len(body) == 2:
            self.alerts.append((body[0], ALERT_NAMES.get(body[1], str(body[1]))))
        if kind == HANDSHAKE and not self.hello:
            self.hello = body
        if self.spoil and self.spoils(kind, body):
            self.spoil = None
            record = record[:-1] + bytes([record[-1] ^ 1])
        if kind == CHANGE_CIPHER_SPEC:
            self.protected = True
        return record

    def spoils(self, kind, body):
        if self.spoil == "application_data":
            return kind == APPLICATION_DATA
        if self.spoil == "finished":
            return kind == HANDSHAKE and self.protected
        if kind != HANDSHAKE or self.protected:
            return False
        return last_message(body) == MESSAGES[self.spoil]


def last_message(body):
    """The type of the last handshake message in this record, if it ends with the record."""
    at, kind = 0, None
    while at + 4 <= len(body):
        kind = body[at]
        at += 4 + int.from_bytes(body[at + 1 : at + 4], "big")
    return kind if at == len(body) else None


def extensions_of_server_hello(body):
    end, at = 4 + int.from_bytes(body[1:4], "big"), 4 + 2 + 32
    at += 1 + body[at] + 2 + 1  # session_id, cipher_suite, compression_method
    at, found = at + 2, []
    while at + 4 <= end:
        found.append(int.from_bytes(body[at : at + 2], "big"))
        at += 4 + int.from_bytes(body[at + 2 : at + 4], "big")
    return found


class Tap:
    """Listens on a port of its own and passes every connection to `target`.

    cut="server": after the server's first application data the client sees the end of TCP, nothing more.
    dribble: every byte is sent on its own, both ways.
    """

    def __init__(self, target, spoil_client=None, spoil_server=None, cut=None, dribble=False):
        self.target, self.cut, self.dribble = target, cut, dribble
        self.spoil = {"client": spoil_client, "server": spoil_server}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.directions = []  # (who speaks, Direction)
        self.sockets = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), 5)
                server.settimeout(None)
            except OSError:
                return
            self.sockets += [client, server]
            for who, source, sink in (("client", client, server), ("server", server, client)):
                direction = Direction(self.spoil[who])
                self.directions.append((who, direction))
                threading.Thread(target=self.pump, args=(who, direction, source, sink), daemon=True).start()

    def pump(self, who, direction, source, sink):
        try:
            while octets := source.recv(65536):
                self.send(sink, direction.push(octets))
                if self.cut == who and (APPLICATION_DATA in [record[0] for record in direction.records]):
                    break
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def send(self, sink, octets):
        if not self.dribble:
            sink.sendall(octets)
            return
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(octets)):
            sink.sendall(octets[at : at + 1])

    def agreed_extensions(self):
        """The numbers of the extensions in the last ServerHello that came by."""
        hellos = [direction.hello for who, direction in self.directions if who == "server" and direction.hello]
        return extensions_of_server_hello(hellos[-1]) if hellos else []

    def alerts(self, who):
        return [alert for speaker, direction in self.directions if speaker == who for alert in direction.alerts]

    def saw(self, who, *names):
        """The one fatal alert `who` sent in clear must be one of these."""
        deadline = time.monotonic() + 2  # the program may have ended before its last bytes were read here
        while not (fatal := [name for level, name in self.alerts(who) if level == 2]):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        if len(fatal) != 1 or fatal[0] not in names:
            raise Mismatch(f"alert sent by the {who}: expected fatal {' or '.join(names)}, seen {fatal or 'none'}")

    def close(self):
        for each in self.sockets:
            try:
                each.close()
            except OSError:
                pass
